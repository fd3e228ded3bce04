create table texts (id integer primary key, at timestamp(3) not null, body text not null);
insert into texts
select i, {moment}, (select string_agg(md5(i || ' ' || j), ' ') from generate_series(1, 620) as j) from {numbers};
