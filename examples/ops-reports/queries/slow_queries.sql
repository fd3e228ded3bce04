-- Which queries are slow: by pattern, how many took at least so long, what share of all of the pattern that is, and the time they took together.
-- @param threshold_ms DOUBLE = 100  a query that takes so long is slow
-- @param days INTEGER = 30  of so many days
-- @param until DATE = NULL  the last of them; the newest in the lake, if it is not given
-- @param rows BIGINT = 20  at most so many patterns
SELECT
    query_hash,
    query_type,
    table_name,
    count(*) FILTER (execution_time_ms >= $threshold_ms) AS slow,
    count(*) AS queries,
    percent(slow, queries) AS slow_pct,
    round(sum(execution_time_ms) FILTER (execution_time_ms >= $threshold_ms) / 1000, 1) AS slow_seconds,
    round(max(execution_time_ms), 1) AS slowest_ms
FROM queries_of($days, until := $until)
GROUP BY query_hash, query_type, table_name
HAVING slow > 0
ORDER BY slow_seconds DESC, query_hash, query_type, table_name
LIMIT $rows;
