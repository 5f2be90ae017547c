/** An item of `GET /jobs/v1/` and of `GET /jobs/v1/bson/{jobId}` (document 002; both answer arrays of the same shape). */
export interface WorkfloPlusJob {
  /** An opaque text; the samples are no valid ObjectIds. */
  jobId: string;
  metadata: {
    /** The id that actions take; another one than `jobId`. */
    clientJobId: string;
    workflowId: string;
    workflowVersionId: string;
    jobTitle: string;
    /** Free-form data of the customer's own, which may hold keys such as `status`. Never merged with what is around it. */
    metadata: Record<string, unknown> & { ScheduledJobId?: string; ScheduledTaskId?: string };
    /** ISO 8601 with 0 to 6 fraction digits, in UTC. */
    created: string;
    /** Likely the device's clock; follows the current step. */
    updated: string;
    /** Likely the server's clock; whole seconds, slightly off `updated`. */
    modified: string;
    /** No document lists the words. */
    status: string | null;
    userId: string;
    currentStep: WorkfloPlusStep | null;
    abandonReason: string | null;
    /** An e-mail address. */
    username: string;
    workflowName: string;
  };
  completedSteps: WorkfloPlusStep[] | null;
  cancelledSteps: WorkfloPlusStep[] | null;
  team: string;
  hierarchyStack: unknown;
  packetIds: unknown;
  jobExclusion: unknown[];
  /** Hidden from reporting: a flag, not a state. */
  excluded: boolean;
}

export interface WorkfloPlusStep {
  singleStep: {
    /** What the worker answered; redacted by default, like the other fields that say where, with what or in what words. */
    values: unknown[];
    valueResourceIds: unknown[];
    uniqueStepId: string;
    userName: string;
    deviceId: string | null;
    stepNumber: number;
    stepTitle: string;
    stepType: string;
    started: string | null;
    completed: string | null;
    updated: string | null;
    cancelled: string | null;
    note: string | null;
    noteResourceFilenames: unknown;
    coordinates: unknown;
  } | null;
  /** Not documented; may hold answers. */
  reportStep: unknown;
}

const STEPS = ['$.metadata.currentStep', '$.completedSteps[*]', '$.cancelledSteps[*]'];
const PRIVATE_FIELDS = [
  'singleStep.values',
  'singleStep.valueResourceIds',
  'singleStep.note',
  'singleStep.noteResourceFilenames',
  'singleStep.coordinates',
  'singleStep.deviceId',
  'singleStep.userName',
  'reportStep',
];

/** Answers, notes, places, devices and names of workers in every list of steps. */
export const PRIVATE_PATHS: readonly string[] = STEPS.flatMap((step) =>
  PRIVATE_FIELDS.map((field) => `${step}.${field}`),
);
