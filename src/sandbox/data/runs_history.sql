INSERT INTO runs_history
SELECT id, tenant_id, trace_id, status, start_time, modified_at AS recorded_at
FROM (
    WITH cityHash64(number, {seed:UInt64}) AS chance
    SELECT
        reinterpretAsUUID(concat(reinterpretAsString(chance), reinterpretAsString(cityHash64('id', number)))) AS id,
        reinterpretAsUUID(concat(reinterpretAsString(cityHash64('tenant', chance % 5)), reinterpretAsString(cityHash64('t2', chance % 5)))) AS tenant_id,
        reinterpretAsUUID(concat(reinterpretAsString(cityHash64('trace', intDiv(number, 8), {seed:UInt64})), reinterpretAsString(cityHash64('r2', intDiv(number, 8))))) AS trace_id,
        ['pending', 'success'][1 + number % 2] AS status,
        toDateTime64('2026-08-01 00:00:00', 6, 'UTC') + toIntervalMicrosecond(number * 7000000 + chance % 1000000) AS start_time,
        start_time + toIntervalSecond(5) AS modified_at
    FROM numbers({first:UInt64}, {count:UInt64})
    WHERE number % 4 = 0
);
