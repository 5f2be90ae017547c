import { Exclude, Expose, Transform } from 'class-transformer';
import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { UsualSource } from './source.entity.js';

/** The job with the fields that the API shows, as an entity that is sent as it is. */
@Entity({ schema: 'rollcall', name: 'job' })
export class UsualJob {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @ManyToOne(() => UsualSource)
  @JoinColumn({ name: 'source_key' })
  @Transform(({ value }) => (value as UsualSource).key)
  source!: UsualSource;

  @Column({ name: 'source_key', type: 'text' })
  @Exclude()
  sourceKey!: string;

  @Column({ type: 'text' })
  platform!: string;

  @Column({ name: 'external_id', type: 'text' })
  externalId!: string;

  @Column({ type: 'text', nullable: true })
  type!: string | null;

  @Column({ type: 'text', nullable: true })
  name!: string | null;

  @Column({ type: 'text' })
  state!: string;

  @Column({ type: 'text', nullable: true })
  reason!: string | null;

  @Column({ name: 'raw_status', type: 'text', nullable: true })
  rawStatus!: string | null;

  @Column({ type: 'boolean' })
  terminal!: boolean;

  @Column({ type: 'double precision', nullable: true })
  progress!: number | null;

  @Column({ name: 'created_at', type: 'timestamptz', nullable: true })
  createdAt!: Date | null;

  @Column({ name: 'scheduled_for', type: 'timestamptz', nullable: true })
  scheduledFor!: Date | null;

  @Column({ name: 'started_at', type: 'timestamptz', nullable: true })
  startedAt!: Date | null;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt!: Date | null;

  @Column({ name: 'updated_at', type: 'timestamptz', nullable: true })
  updatedAt!: Date | null;

  @Column({ type: 'jsonb' })
  provenance!: object;

  @Column({ type: 'jsonb', nullable: true })
  error!: object | null;

  @Column({ type: 'text', nullable: true })
  owner!: string | null;

  @Column({ name: 'parent_id', type: 'uuid', nullable: true })
  parentId!: string | null;

  @Column({ type: 'jsonb' })
  attributes!: object;

  @Column({ type: 'jsonb' })
  links!: object;

  @Column({ type: 'text', array: true })
  actions!: string[];

  @Column({ name: 'first_seen_at', type: 'timestamptz' })
  firstSeenAt!: Date;

  @Column({ name: 'seen_at', type: 'timestamptz' })
  @Exclude()
  seenAt!: Date;

  @Column({ name: 'absent_at', type: 'timestamptz', nullable: true })
  @Exclude()
  absentAt!: Date | null;

  @Column({ name: 'vanished_at', type: 'timestamptz', nullable: true })
  @Exclude()
  vanishedAt!: Date | null;

  @Column({ name: 'state_changed_at', type: 'timestamptz' })
  stateChangedAt!: Date;

  @Column({ name: 'changed_at', type: 'timestamptz' })
  changedAt!: Date;

  @Column({ type: 'integer' })
  version!: number;

  @Expose()
  get labels(): Record<string, string> {
    return this.source.labels;
  }

  @Expose()
  get durationMs(): number | null {
    const end = this.terminal ? this.finishedAt : new Date();
    return this.startedAt && end ? Math.max(0, end.getTime() - this.startedAt.getTime()) : null;
  }

  @Expose()
  get lastSeenAt(): Date {
    const round = this.terminal || this.absentAt ? null : this.source.openRoundAt;
    const sweep = this.absentAt ? null : this.source.sweptAt;
    return new Date(Math.max(+this.seenAt, +(round ?? 0), +(sweep ?? 0)));
  }

  @Expose()
  get freshness(): string {
    if (this.terminal) return 'fresh';
    if (this.vanishedAt) return 'vanished';
    return Date.now() - this.lastSeenAt.getTime() > Number(this.source.staleAfterMs) ? 'stale' : 'fresh';
  }
}
