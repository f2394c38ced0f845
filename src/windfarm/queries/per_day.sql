-- Readings per day and type.
SELECT "date", type, count(*) AS readings, count(DISTINCT idtemp) AS turbines
FROM lake
GROUP BY "date", type
ORDER BY "date" DESC, type
