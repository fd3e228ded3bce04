-- The indexes that the advisor's report recommends, the most urgent first, and in how many reports each stood so far.
-- @param priority VARCHAR = NULL  only those that are high, medium or low
-- @param day DATE = NULL  the report of this day; the newest, if it is not given
WITH standing AS (
    SELECT table_name, recommended_index, count(DISTINCT date_partition) AS reports, min(date_partition) AS since
    FROM ops.index_recommendations
    WHERE $day IS NULL OR date_partition <= $day
    GROUP BY ALL
)
SELECT r.priority, r.table_name, r.recommended_index, r.estimated_speedup, r.estimated_cost, r.query_pattern, s.since, s.reports
FROM ops.index_recommendations r
JOIN standing s USING (table_name, recommended_index)
WHERE r.date_partition = coalesce($day, newest_report())
    AND ($priority IS NULL OR r.priority = $priority)
ORDER BY list_position(['high', 'medium', 'low'], r.priority), r.estimated_speedup DESC, r.table_name, r.recommended_index;
