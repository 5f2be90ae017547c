import {
  CanActivate,
  ClassSerializerInterceptor,
  Controller,
  DynamicModule,
  ExecutionContext,
  Get,
  Injectable,
  Module,
  Query,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { IncomingMessage } from 'node:http';
import { FindOptionsWhere, Repository } from 'typeorm';
import { HEADERS } from '../harness/product.js';
import { UsualJob } from './job.entity.js';
import { UsualListJobsDto } from './list-jobs.dto.js';
import { UsualSource } from './source.entity.js';

@Injectable()
class UsualTokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return (
      context.switchToHttp().getRequest<IncomingMessage>().headers.authorization === HEADERS.authorization
    );
  }
}

@Injectable()
class UsualJobsService {
  constructor(@InjectRepository(UsualJob) private readonly jobs: Repository<UsualJob>) {}

  /** Without a count, which would be all that is measured. */
  async list({ source, state, type, platform, owner, limit, offset }: UsualListJobsDto) {
    const where: FindOptionsWhere<UsualJob> = {
      ...(source === undefined ? {} : { sourceKey: source }),
      ...(state === undefined ? {} : { state }),
      ...(type === undefined ? {} : { type }),
      ...(platform === undefined ? {} : { platform }),
      ...(owner === undefined ? {} : { owner }),
    };
    const data = await this.jobs.find({
      where,
      relations: { source: true },
      // as the indexes have it
      order: { updatedAt: { direction: 'DESC', nulls: 'LAST' }, id: 'DESC' },
      take: limit,
      skip: offset,
    });
    return { data, page: { limit, offset } };
  }
}

@Controller('jobs')
@UseGuards(UsualTokenGuard)
@UseInterceptors(ClassSerializerInterceptor)
class UsualJobsController {
  constructor(private readonly jobs: UsualJobsService) {}

  @Get()
  list(@Query() query: UsualListJobsDto) {
    return this.jobs.list(query);
  }
}

/** The list as it is usually written with this framework: its guides' controller, DTO, repository, entities and serializer. */
@Module({})
export class UsualStackModule {
  static forRoot(databaseUrl: string, poolSize: number): DynamicModule {
    return {
      module: UsualStackModule,
      imports: [
        TypeOrmModule.forRoot({
          type: 'postgres',
          url: databaseUrl,
          poolSize,
          entities: [UsualJob, UsualSource],
        }),
        TypeOrmModule.forFeature([UsualJob]),
      ],
      controllers: [UsualJobsController],
      providers: [UsualJobsService],
    };
  }
}
