-- What node-pg-migrate 9.0.0 left of src/adopt/real-ledgers.test.ts's files on Postgres 15.18: the last one was taken back with "down".
-- Written by pg_dump.
CREATE TABLE public.customer (
    id bigint NOT NULL,
    name text,
    note text,
    due date
);
CREATE TABLE public.pgmigrations (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    run_on timestamp without time zone NOT NULL
);
CREATE SEQUENCE public.pgmigrations_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.pgmigrations_id_seq OWNED BY public.pgmigrations.id;
ALTER TABLE ONLY public.pgmigrations ALTER COLUMN id SET DEFAULT nextval('public.pgmigrations_id_seq'::regclass);
INSERT INTO public.pgmigrations VALUES (1, '0001_init', '2026-11-21 15:42:12.538877');
INSERT INTO public.pgmigrations VALUES (2, '1772359200002_note.up', '2026-11-21 15:42:12.538877');
INSERT INTO public.pgmigrations VALUES (3, '20260301100000123_utc', '2026-11-21 15:42:12.538877');
INSERT INTO public.pgmigrations VALUES (4, '20260301100000124_by name', '2026-11-21 15:42:12.538877');
ALTER TABLE ONLY public.customer
    ADD CONSTRAINT customer_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.pgmigrations
    ADD CONSTRAINT pgmigrations_pkey PRIMARY KEY (id);
CREATE INDEX customer_name ON public.customer USING btree (name);
