CREATE TABLE IF NOT EXISTS runs_hourly {{ on_cluster }}
(
    tenant_id UUID,
    hour DateTime('UTC'),
    runs AggregateFunction(count),
    traces AggregateFunction(uniq, UUID),
    longest AggregateFunction(max, Float64)
)
ENGINE = {{ replicated }}AggregatingMergeTree
ORDER BY (tenant_id, hour);

CREATE MATERIALIZED VIEW IF NOT EXISTS runs_hourly_mv {{ on_cluster }} TO runs_hourly
AS SELECT
    tenant_id,
    toStartOfHour(toDateTime(start_time, 'UTC')) AS hour,
    countState() AS runs,
    uniqState(trace_id) AS traces,
    maxState(ifNull(toFloat64(end_time) - toFloat64(start_time), 0.)) AS longest
FROM runs GROUP BY tenant_id, hour;

-- A view with its data in an inner table.
CREATE MATERIALIZED VIEW IF NOT EXISTS runs_by_type {{ on_cluster }}
ENGINE = {{ replicated }}SummingMergeTree
ORDER BY (tenant_id, run_type, day)
AS SELECT tenant_id, run_type, toDate(start_time) AS day, count() AS runs
FROM runs GROUP BY tenant_id, run_type, day;
