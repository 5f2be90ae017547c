/** `GET /pcm/jobs` (document 001 and OpenAPI `pim.yaml`). */
export interface ElasticPathJobList {
  data: ElasticPathJob[];
  /** `meta.page` and `links`, which the general guide promises, are not sent here. */
  meta?: { results?: { total?: number } };
}

/** `GET /pcm/jobs/{id}`. An old sample wraps the one job in an array. */
export interface ElasticPathJobDetail {
  data: ElasticPathJob | ElasticPathJob[];
}

export interface ElasticPathJob {
  type: 'pim-job';
  id: string;
  attributes: {
    status: 'pending' | 'started' | 'success' | 'failed' | 'cancelled';
    /** `child-products`, `product-import`, `product-export`, `hierarchy-duplicate`, `price-import`; an open list. */
    type: string;
    /** RFC 3339 in UTC with 0 to 9 fraction digits; Go's default text until February 2024. */
    created_at: string;
    started_at?: string | null;
    completed_at?: string | null;
    /** Not a change marker: it equals `started_at` and does not move on completion. */
    updated_at?: string | null;
  };
  meta?: {
    x_request_id?: string;
    copied_from?: string;
    hierarchy_id?: string;
    /** Links to exported files: redacted by default, only their number is kept. */
    file_locations?: string[] | null;
    filter?: string;
  };
  /** Added by our by-id read of a failed job: what its `/errors` page lists. Elastic Path itself never sends this key. */
  rollcall_errors?: ElasticPathJobError[];
}

/** `GET /pcm/jobs/{id}/errors` answers 200 with either of two shapes. */
export interface ElasticPathJobErrors {
  data?: { type: 'pim-job-error'; id: string; attributes: { message: string } }[];
  /** The documentation's second sample, for a file that could not be read at all. */
  errors?: { status?: string | number; title: string; detail?: string }[];
}

export type ElasticPathJobError =
  NonNullable<ElasticPathJobErrors['data']>[number] | NonNullable<ElasticPathJobErrors['errors']>[number];
