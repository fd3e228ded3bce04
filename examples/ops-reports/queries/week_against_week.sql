-- A week against the one before, pattern by pattern: what became slower stands first. A pattern that only one of them has is shown too.
-- @param week DATE = NULL  a day of the week; the newest in the lake, if it is not given
WITH asked AS (
    SELECT date_trunc('week', coalesce($week, max(date_partition)))::DATE AS monday FROM ops.query_performance_weekly
),
this AS (
    FROM ops.query_performance_weekly SEMI JOIN asked ON date_partition = monday
),
before AS (
    FROM ops.query_performance_weekly SEMI JOIN asked ON date_partition = monday - 7
)
SELECT
    pattern,
    b.samples AS samples_before,
    t.samples AS samples,
    b.avg_ms AS avg_ms_before,
    t.avg_ms AS avg_ms,
    percent(t.avg_ms - b.avg_ms, b.avg_ms) AS change_pct,
    b.p95_ms AS p95_ms_before,
    t.p95_ms AS p95_ms
FROM this t FULL JOIN before b USING (pattern)
ORDER BY t.avg_ms - b.avg_ms DESC NULLS LAST, t.avg_ms DESC NULLS LAST, pattern;
