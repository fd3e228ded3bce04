create table unsafe (
  id integer primary key, at timestamp(3) not null, free numeric, prisma numeric(65,30), ends timestamp,
  lasts interval, span int4range, clock timetz
);
insert into unsafe
select
  i, {moment}, case i % 1000 when 0 then 'NaN' else i / 7.0 end, i / 13.0,
  case i % 1000 when 0 then 'infinity' else {moment} end, make_interval(months => i % 12, days => i % 31),
  int4range(i, i + 10), (make_time(i % 24, i % 60, 0)::text || '+01')::timetz
from {numbers};
