-- Readings outside the range in which their sensor works: a fault, most likely.
SELECT idtemp AS turbine, type, data, "timestamp"
FROM lake
WHERE (type = 'powerfactor' AND data NOT BETWEEN 0.7 AND 1)
   OR (type = 'temperature' AND data NOT BETWEEN 20 AND 25)
   OR (type = 'hydraulicpressure' AND data NOT BETWEEN 70 AND 80)
ORDER BY "timestamp" DESC
LIMIT 100
