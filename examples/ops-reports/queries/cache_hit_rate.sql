-- What share of the reads the cache answered, by table, and how long a read took with it and without it.
-- @param days INTEGER = 30  of so many days
-- @param until DATE = NULL  the last of them; the newest in the lake, if it is not given
SELECT
    table_name,
    count(*) AS reads,
    count(*) FILTER (cache_hit) AS hits,
    percent(hits, reads) AS hit_pct,
    round(avg(execution_time_ms) FILTER (cache_hit), 2) AS hit_avg_ms,
    round(avg(execution_time_ms) FILTER (NOT cache_hit), 2) AS miss_avg_ms
FROM queries_of($days, until := $until)
WHERE query_type = 'SELECT'
GROUP BY table_name
ORDER BY hit_pct, table_name;
