-- 40 integers, 40 doubles, 38 short texts, beside a key and a time.
do $make$
begin
  execute (
    select $sql$create table wide as select i as id, {moment} as at, $sql$
      || string_agg(value, ', ' order by kind, k) || $sql$ from {numbers}$sql$
    from generate_series(0, 39) as k, lateral (values
      (1, format('(i * %s %% 10007)::int as n%s', k + 7, k)),
      (2, format('sin(i * %s.5::float8) as x%s', k + 1, k)),
      (3, format('''label '' || i * %s %% 997 as t%s', k + 3, k))
    ) as made(kind, value)
    where kind < 3 or k < 38
  );
end
$make$;
alter table wide add primary key (id);
