-- What the queries here share, and what may be used in any other. "The last days" end with the newest day that
-- there is a report of, not today: an answer is the same as long as the snapshot is.
-- Names have their schema, so that they are found from any program that opens the catalog.

-- The newest day of the daily reports.
CREATE MACRO newest_day() AS (SELECT max(date_partition) FROM ops.query_performance);

-- The day of the advisor's newest report; any of its three lists may be empty.
CREATE MACRO newest_report() AS greatest(
    (SELECT max(date_partition) FROM ops.index_recommendations),
    (SELECT max(date_partition) FROM ops.slow_patterns),
    (SELECT max(date_partition) FROM ops.existing_indexes)
);

-- Queries of the last so many days up to a day, the newest by default.
CREATE MACRO queries_of(days, until := NULL) AS TABLE
    FROM ops.query_performance
    WHERE date_partition > coalesce(until::DATE, ops.newest_day()) - days::INTEGER
        AND (until IS NULL OR date_partition <= until::DATE);

-- For each of the last so many days: how many queries there were, and how long they took on average.
CREATE MACRO avg_query_time(days) AS TABLE
    SELECT date_partition AS day, count(*) AS queries, avg(execution_time_ms) AS avg_ms
    FROM ops.queries_of(days)
    GROUP BY day
    ORDER BY day;

-- Queries that took so many milliseconds or more, the slowest first.
CREATE MACRO slow_queries(threshold_ms) AS TABLE
    SELECT timestamp, query_hash, query_type, table_name, index_used, execution_time_ms, rows_examined, rows_returned
    FROM ops.query_performance
    WHERE execution_time_ms >= threshold_ms
    ORDER BY execution_time_ms DESC, timestamp, query_hash;

-- Percent, to a tenth; NULL of nothing.
CREATE MACRO percent(part, whole) AS round(100.0 * part / nullif(whole, 0), 1);

-- One row a metric, also of lines that have several.
CREATE MACRO metrics() AS TABLE
    SELECT timestamp, event_type, metric_name, metric_value FROM ops.optimization_events
    UNION ALL
    SELECT timestamp, event_type, split_part(pair, '=', 1), split_part(pair, '=', 2)::DOUBLE
    FROM (SELECT timestamp, event_type, unnest(string_split(more_metrics, ' ')) AS pair FROM ops.optimization_events);
