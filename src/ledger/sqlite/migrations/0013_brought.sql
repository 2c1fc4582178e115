-- What a citizen wrote and reported is found for the copy of their own data.
CREATE INDEX inbound_of_citizen ON inbound (citizen, id) WHERE citizen IS NOT NULL;
CREATE INDEX scam_report_of_reporter ON scam_report (reporter, id) WHERE reporter IS NOT NULL;
