-- Average, lowest and highest value per minute and type of sensor.
SELECT date_trunc('minute', "timestamp") AS minute,
       type,
       round(avg(data), 3) AS average,
       min(data) AS lowest,
       max(data) AS highest,
       count(*) AS readings
FROM lake
GROUP BY 1, 2
ORDER BY 1 DESC, 2
LIMIT 60
