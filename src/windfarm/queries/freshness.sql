-- How old the newest reading of each type is, in seconds.
SELECT type,
       max("timestamp") AS newest,
       date_diff('second', max("timestamp"), CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp)) AS age_s
FROM lake
GROUP BY type
ORDER BY type
