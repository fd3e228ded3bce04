{events};

-- The demo makes the table as Prisma does; its columns are in that order here.
-- Ids are built like CUIDs: time, counter, randomness. A user has about 14,000 events; user 0 is the study's.
insert into "BehavioralEvent"
select
  'c' || lpad(to_hex((extract(epoch from at) * 1000)::bigint), 11, '0') || lpad(to_hex(i & 65535), 4, '0')
      || lpad(to_hex((a * 68719476735)::bigint), 9, '0'),
  'c' || substr(md5('user' || person), 1, 24),
  kind::"EventType",
  (case kind
    when 'CARD_REVIEWED' then format(
      '{"sessionId": "%s", "cardId": "card-%s", "responseMs": %s, "correct": %s}', session,
      (a * 4000)::int, 900 + (b * 9000)::int, (a < 0.7)::text)
    when 'SEARCH_PERFORMED' then format(
      '{"sessionId": "%s", "query": "naïve T cells", "results": %s, "filters": null}', session, (a * 40)::int)
    else format(
      '{"sessionId": "%s", "promptId": "prompt-%s", "rubric": {"accuracy": %s, "completeness": %s}, "confidence": %s}',
      session, (a * 600)::int, round(a::numeric, 2), round(b::numeric, 2), 1 + (a * 4)::int)
  end)::jsonb,
  at,
  case when scored then (array['RUSHED', 'NORMAL', 'THOROUGH'])[1 + trunc(b * 3)::int] end::"CompletionQuality",
  case when scored then 'flashcard' when b < 0.5 then 'article' end,
  extract(dow from at)::int,
  case when scored then (array['easy', 'medium', 'hard'])[1 + trunc(a * 3)::int] end,
  (array['LOW', 'MEDIUM', 'MEDIUM', 'HIGH', null])[1 + trunc(b * 5)::int]::"EngagementLevel",
  case when scored then (a * 100)::int end,
  extract(hour from at)::int,
  case when person = 0 then (array['baseline_1', 'intervention_A_1', 'baseline_2', 'intervention_A_2'])[1 + phase] end,
  case when person = 0 then 4711 + phase end,
  case when person = 0 or c < 0.4 then 'c' || substr(md5(person || at::date::text), 1, 24) end
from (
  select i, at, a, b, c, person, c < 0.6 as scored, (i * 4 / (n + 1))::int as phase,
    'c' || substr(md5(person || date_trunc('hour', at)::text), 1, 24) as session,
    (array['CARD_REVIEWED', 'CARD_REVIEWED', 'CARD_REVIEWED', 'CARD_REVIEWED', 'CARD_REVIEWED', 'VALIDATION_COMPLETED',
      'SEARCH_PERFORMED', 'GRAPH_VIEWED', 'RECOMMENDATION_VIEWED', 'SESSION_STARTED'])[1 + trunc(c * 10)::int] as kind
  from (
    select i, n, {moment} as at, random() as a, random() as b, random() as c,
      trunc(random() * random() * (1 + n / 13700))::int as person
    from {numbers}
  ) as drawn
) as events
{order};

{indexes of events};
