/** One job of `GET /api/v1/jobs` (document 000), which answers a bare array of all jobs. */
export interface CoreJob {
  id: string;
  /** An open set: `refresh-public-charts`, `index-custom-encs`. */
  job_type: string;
  job_state: 'pending' | 'processing' | 'completed' | 'failed';
  /** Job-specific; null when there are none, absent in the answer of a refresh. */
  parameters?: unknown;
  /** 0 to 100. */
  percent_complete: number;
  /** Epoch milliseconds; ISO 8601 with `Z` in the answer of a refresh. */
  created_at: number | string;
  updated_at: number | string;
}

/** `GET /api/portal/v1/jobs`; a bare array of jobs until 2026-06-03. */
export interface OemJobList {
  jobs: OemJob[];
  pagination: { limit: number; offset: number; total: number };
}

/** One job of the OEM portal's list. */
export interface OemJob {
  id: string;
  /** The parent may be on another page, or gone. */
  parentJobId: string | null;
  /** `refresh-public-charts`, `clear-tiles`, `vacuum-analyze`, `user-upload`; an open set. */
  jobType: string;
  jobState: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
  /** Null for a job of the system. */
  accountId: string | null;
  /** Job-specific; `{}` when there are none. */
  parameters: unknown;
  /** Null until the job ended. */
  result: unknown;
  logs: { timestamp: string; type: string; message: string }[];
  /** Whole, 0 to 100. */
  percentComplete: number;
  priority: number;
  createdAt: number | string;
  updatedAt: number | string;
  /** The vendor says that the shape of a step is not stable. */
  steps: {
    status: string;
    startedAt: number | string | null;
    completedAt: number | string | null;
    error?: string | null;
  }[];
}
