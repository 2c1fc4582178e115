-- Introductions are counted and guarded as a template of their own, `gateway:introduction`; the source of
-- those that a campaign made is empty. An older release cannot read either, and would take nothing in where
-- the guard says something of them.
UPDATE value SET value = '13' WHERE name = 'schema works from';
