import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity({ schema: 'rollcall', name: 'source' })
export class UsualSource {
  @PrimaryColumn({ type: 'text' })
  key!: string;

  @Column({ type: 'jsonb' })
  labels!: Record<string, string>;

  @Column({ name: 'stale_after_ms', type: 'bigint' })
  staleAfterMs!: string;

  @Column({ name: 'open_round_at', type: 'timestamptz', nullable: true })
  openRoundAt!: Date | null;

  @Column({ name: 'swept_at', type: 'timestamptz', nullable: true })
  sweptAt!: Date | null;
}
