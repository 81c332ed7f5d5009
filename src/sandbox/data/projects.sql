INSERT INTO projects
SELECT
    number,
    reinterpretAsUUID(concat(reinterpretAsString(cityHash64('session', number, {seed:UInt64})), reinterpretAsString(cityHash64('s2', number)))) AS session_id,
    concat('project-', toString(number)) AS name
FROM numbers(40);
