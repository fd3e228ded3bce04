-- Rows examined for each row returned, by table and index: much reading for little is where an index is missing. NULL: none was returned at all.
-- @param days INTEGER = 30  of so many days
-- @param until DATE = NULL  the last of them; the newest in the lake, if it is not given
SELECT
    table_name,
    index_used,
    count(*) AS reads,
    sum(rows_examined)::BIGINT AS examined,
    sum(rows_returned)::BIGINT AS returned,
    round(examined / nullif(returned, 0), 1) AS examined_per_row,
    count(*) FILTER (rows_returned = 0) AS returned_nothing
FROM queries_of($days, until := $until)
WHERE query_type = 'SELECT'
GROUP BY table_name, index_used
ORDER BY examined_per_row DESC NULLS FIRST, table_name, index_used;
