-- The patterns of query that the advisor's newest report finds slow, and how their median moved since the last one that had it.
-- @param day DATE = NULL  the report of this day; the newest, if it is not given
WITH reports AS (
    SELECT *, lag(p50_ms) OVER (PARTITION BY pattern ORDER BY timestamp) AS p50_ms_before
    FROM ops.slow_patterns
)
SELECT pattern, samples, p50_ms_before, p50_ms, p95_ms, p99_ms
FROM reports
WHERE date_partition = coalesce($day, newest_report())
ORDER BY p95_ms DESC, pattern;
