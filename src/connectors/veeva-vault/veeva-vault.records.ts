/**
 * The platform's own shapes, as the published reference of API v25.2 shows them (`# Jobs`, generated August 30, 2025). Nothing here
 * is trusted: records are read field by field.
 */

/** An item of `jobs` in `GET /services/jobs/monitors` and `…/histories`. */
export interface VaultListedJob {
  job_id: number;
  title: string;
  status: string;
  created_by: number;
  created_date: string;
  modified_by: number;
  modified_date: string;
  /** The planned start while the job waits for it. */
  run_start_date: string;
  run_end_date?: string;
}

/** `data` of `GET /services/jobs/{job_id}`. */
export interface VaultJobDetail {
  id: number;
  status: string;
  /** Of the request that made the job; no action of it. */
  method: string;
  /** Of further API calls. The sample's `self` names another job than was asked for. */
  links: { rel: string; href: string; method: string; accept: string }[];
  /** SDK jobs only: how many tasks there are (`size`) and in which states; the exact shape is not documented. */
  progress?: unknown[];
  created_by: number;
  created_date: string;
  run_start_date: string;
  run_end_date?: string;
}

/** What every answer is wrapped in, with HTTP 200 for refusals too. */
export interface VaultEnvelope {
  responseStatus: 'SUCCESS' | 'WARNING' | 'FAILURE' | 'EXCEPTION';
  responseMessage?: string;
  errors?: { type: string; message: string }[];
  errorType?: string;
}

export interface VaultJobList extends VaultEnvelope {
  responseDetails: {
    total: number;
    limit: number;
    offset: number;
    next_page?: string;
    previous_page?: string;
  };
  jobs: VaultListedJob[];
}

/** Of `POST /auth`. The Vault that was entered need not be the one that was asked for. */
export interface VaultLogin extends VaultEnvelope {
  sessionId: string;
  userId: number;
  vaultIds: { id: number; name: string; url: string }[];
  vaultId: number;
}
