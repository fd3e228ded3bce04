create table narrow (id integer primary key, a integer not null, b integer);
insert into narrow select i, i::bigint * 7919 % 100003, case when i % 3 > 0 then i % 365 end from {numbers};
