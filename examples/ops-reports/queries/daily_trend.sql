-- Day by day over the last 30 days: how many queries, how long they took, how many were slow. A day without a report has no numbers.
-- @param days INTEGER = 30  so many days
-- @param until DATE = NULL  the last of them; the newest in the lake, if it is not given
-- @param threshold_ms DOUBLE = 100  a query that takes so long is slow
WITH asked AS (
    FROM queries_of($days, until := $until)
),
days AS (
    SELECT unnest(generate_series(last_day - $days + 1, last_day, INTERVAL 1 DAY))::DATE AS day
    FROM (SELECT coalesce($until, newest_day()) AS last_day)
)
SELECT
    day,
    count(timestamp) AS queries,
    round(avg(execution_time_ms), 2) AS avg_ms,
    round(quantile_cont(execution_time_ms, 0.5), 2) AS p50_ms,
    round(quantile_cont(execution_time_ms, 0.95), 2) AS p95_ms,
    percent(count(*) FILTER (execution_time_ms >= $threshold_ms), count(timestamp)) AS slow_pct
FROM days LEFT JOIN asked ON date_partition = day
GROUP BY day
ORDER BY day;
