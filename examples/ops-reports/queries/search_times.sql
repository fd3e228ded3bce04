-- Where the time of searches goes, by mode, in milliseconds on average. Lines of the older shape have no mode and no parts.
SELECT
    mode,
    count(*) AS searches,
    round(avg(duration_ms), 1) AS avg_ms,
    round(avg(fts_ms), 1) AS fts_ms,
    round(avg(embed_ms), 1) AS embed_ms,
    round(avg(rerank_ms), 1) AS rerank_ms,
    percent(count(*) FILTER (cache_hit), count(cache_hit)) AS hit_pct,
    count(*) FILTER (result_count = 0) AS found_nothing
FROM ops.query_log
GROUP BY mode
ORDER BY mode NULLS LAST;
