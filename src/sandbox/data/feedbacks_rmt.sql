INSERT INTO feedbacks_rmt
WITH cityHash64(number, {seed:UInt64}) AS chance
SELECT
    reinterpretAsUUID(concat(reinterpretAsString(cityHash64('feedback', chance)), reinterpretAsString(cityHash64('f2', number)))) AS id,
    reinterpretAsUUID(concat(reinterpretAsString(chance), reinterpretAsString(cityHash64('id', number)))) AS run_id,
    reinterpretAsUUID(concat(reinterpretAsString(cityHash64('tenant', chance % 5)), reinterpretAsString(cityHash64('t2', chance % 5)))) AS tenant_id,
    ['correctness', 'helpfulness', 'user_score'][1 + chance % 3] AS key,
    if(chance % 7 = 0, NULL, (chance % 101) / 100) AS score,
    if(chance % 5 = 0, concat('comment ', toString(chance % 1000)), NULL) AS comment,
    toDateTime64('2026-08-01 00:00:00', 6, 'UTC') + toIntervalSecond(number * 7) AS created_at,
    created_at + toIntervalSecond(chance % 100) AS modified_at
FROM numbers({first:UInt64}, {count:UInt64})
WHERE number % 10 = 0;
