-- What Prisma left of src/adopt/real-ledgers.test.ts's files: "prisma migrate deploy" and "resolve --applied" of Prisma 6.19.0 with its
-- JavaScript engine (@prisma/adapter-pg 7.10.1), "resolve --rolled-back" of @prisma/schema-engine-wasm 8.1.0-2.59be4fda, on Postgres 15.18.
-- Written by pg_dump; what the logs say is shortened.
CREATE TYPE public."Role" AS ENUM (
    'USER',
    'ADMIN'
);
CREATE TABLE public."Customer" (
    id integer NOT NULL,
    role public."Role" DEFAULT 'USER'::public."Role" NOT NULL,
    note text,
    mark text,
    unnamed text,
    due text
);
CREATE SEQUENCE public."Customer_id_seq"
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public."Customer_id_seq" OWNED BY public."Customer".id;
CREATE TABLE public._prisma_migrations (
    id character varying(36) NOT NULL,
    checksum character varying(64) NOT NULL,
    finished_at timestamp with time zone,
    migration_name character varying(255) NOT NULL,
    logs text,
    rolled_back_at timestamp with time zone,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    applied_steps_count integer DEFAULT 0 NOT NULL
);
ALTER TABLE ONLY public."Customer" ALTER COLUMN id SET DEFAULT nextval('public."Customer_id_seq"'::regclass);
INSERT INTO public._prisma_migrations VALUES ('416ce6d3-fa4b-48a3-9f44-078ed24f8ec3', '81e53cbdd145d022e3c25d948d119ea06f1e92439ea5cc81373d85f1e942f654', '2026-11-21 15:41:45.56+00', '0_init', NULL, NULL, '2026-11-21 15:41:45.446+00', 1);
INSERT INTO public._prisma_migrations VALUES ('091a10c6-7438-40aa-905e-31d70acc7456', 'c295293d9482c8bd1a5eeb8d37bce88eb58f0279757c64fa214fe8b8401ba699', '2026-11-21 15:41:45.574+00', '20260101000000_crlf', NULL, NULL, '2026-11-21 15:41:45.567+00', 1);
INSERT INTO public._prisma_migrations VALUES ('53c7bd61-4000-4166-9d63-044391e7d3ef', '9ff56eebd4e48c3bf339b9cbf1314b775743c3188aa5b7f11070844b37c3fc43', '2026-11-21 15:41:45.609+00', '20260102000000_bom', NULL, NULL, '2026-11-21 15:41:45.577+00', 1);
INSERT INTO public._prisma_migrations VALUES ('a38d32d0-a481-4b77-9df8-8144c4065205', '352a2ee6e1287f4ddc068d7631354bb7c0cd9ccc8b1b1201de69375f2a9c4bee', '2026-11-21 15:41:45.661+00', '20260103000000_', NULL, NULL, '2026-11-21 15:41:45.614+00', 1);
INSERT INTO public._prisma_migrations VALUES ('2f25c748-2a72-411a-a46c-10a310988d6b', '4281f999af16cf58ba5678e848e1b662629dab0fed69c8533680680ec3e2124a', '2026-11-21 15:41:45.673+00', '20260104000000_concurrently', NULL, NULL, '2026-11-21 15:41:45.665+00', 1);
INSERT INTO public._prisma_migrations VALUES ('ecbbe404-3ff5-410d-9068-3ce18722be96', '1d4b6e2c59e6ac1596a27c3c8918e3f412a30139f943ca18ab95488259373685', NULL, '20260105000000_bad', 'external connector error: No such table: Nothere', '2026-11-21 15:41:47.194+00', '2026-11-21 15:41:45.674+00', 0);
INSERT INTO public._prisma_migrations VALUES ('00ecee65-69c4-4bbf-b283-6b541de59572', '8601b742a6e8ce7ae179d3aa7c47ac044dd3dcaa0acf8f6a08ca98174327534e', '2026-11-21 15:41:53.795+00', '20260105000000_bad', NULL, NULL, '2026-11-21 15:41:53.784+00', 1);
INSERT INTO public._prisma_migrations VALUES ('18bc4c62-0dcd-4eeb-874d-bfce313e384d', '464cfb2c53ffb4341b50865217577f0a1ed92bf083ec90d11b10f822a1a62d91', NULL, '20260106000000_told', 'external connector error: Unique constraint failed: Customer_mark_key', '2026-11-21 15:41:58.828+00', '2026-11-21 15:41:53.796+00', 0);
INSERT INTO public._prisma_migrations VALUES ('ec6bcec2-b8fd-415b-abef-e3deb17fe713', '464cfb2c53ffb4341b50865217577f0a1ed92bf083ec90d11b10f822a1a62d91', '2026-11-21 15:41:58.835+00', '20260106000000_told', '', NULL, '2026-11-21 15:41:58.835+00', 0);
ALTER TABLE ONLY public."Customer"
    ADD CONSTRAINT "Customer_pkey" PRIMARY KEY (id);
ALTER TABLE ONLY public._prisma_migrations
    ADD CONSTRAINT _prisma_migrations_pkey PRIMARY KEY (id);
CREATE UNIQUE INDEX "Customer_mark_key" ON public."Customer" USING btree (mark);
CREATE INDEX "Customer_note_idx" ON public."Customer" USING btree (note);
