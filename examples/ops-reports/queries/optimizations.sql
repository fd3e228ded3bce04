-- What the optimizer did: each metric of its log, how often it was told, its first and its last value.
-- @param event VARCHAR = NULL  only events of this type, such as cache_tuned
SELECT
    event_type,
    metric_name,
    count(*) AS told,
    min(timestamp)::DATE AS first_day,
    max(timestamp)::DATE AS last_day,
    arg_min(metric_value, timestamp) AS first_value,
    arg_max(metric_value, timestamp) AS last_value
FROM metrics()
WHERE $event IS NULL OR event_type = $event
GROUP BY event_type, metric_name
ORDER BY event_type, metric_name;
