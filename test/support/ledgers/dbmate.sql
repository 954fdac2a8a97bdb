-- What dbmate 2.36.0 left of src/adopt/real-ledgers.test.ts's files on Postgres 15.18: 0007 was there last, and 20260104000000 was rolled back.
-- Written by pg_dump.
CREATE TABLE public.customer (
    id bigint NOT NULL,
    name text,
    note text,
    due date
);
CREATE TABLE public.schema_migrations (
    version character varying NOT NULL
);
INSERT INTO public.schema_migrations VALUES ('20260101');
INSERT INTO public.schema_migrations VALUES ('20260102');
INSERT INTO public.schema_migrations VALUES ('20260103');
INSERT INTO public.schema_migrations VALUES ('0007');
ALTER TABLE ONLY public.customer
    ADD CONSTRAINT customer_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);
CREATE INDEX customer_name ON public.customer USING btree (name);
