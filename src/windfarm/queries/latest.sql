-- The latest value of every sensor.
SELECT idtemp AS turbine,
       type,
       max_by(data, "timestamp") AS latest,
       max("timestamp") AS at
FROM lake
GROUP BY idtemp, type
ORDER BY idtemp, type
