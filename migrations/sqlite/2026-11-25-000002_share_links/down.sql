DROP TABLE share_link_measures;
DROP TABLE share_links;
