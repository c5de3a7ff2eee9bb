using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Models;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Cli.Verbs.Plan;

/// <summary><c>ddim plan</c>: prints what a sampling run would do.</summary>
internal sealed class PlanCommand
{
    public static string Help { get; } = $$"""
        Example:  ddim plan --steps 10 --eta 0.5

        Prints the timesteps, coefficients and noise levels of a sampling run; no network is run.
        Each step computes x0 = x0_from_x·x + x0_from_m·m from the network's output m, treats x0
        (clips it), and goes on with x' = x·x + m·m + x0·x0 + sigma·z.

          --model, -m PATH       the schedule of a model, checkpoint or run; without it DDPM's, changed by:
          --about K=V,…, --size N  what it does not say: noise_schedule=cosine (ddim convert -h), image size
          --schedule S           {{HelpText.List(ScheduleRow.All.Select(r => r.Short ?? r.Name), "[linear]")}}
          --train-timesteps T    noise levels [1000]
          --beta-start, --beta-end X  [0.0001, 0.02]
          --zero-snr             rescale so that the last level is pure noise
          --prediction P         what the network predicts: epsilon, sample, v_prediction [epsilon]

          --steps N              network calls [50]
          --eta X                0 … 1, hat or learned (then sigma … sigma_upper) [0]
          --solver NAME          {{SamplingOptions.Solvers}}
          --spacing RULE         {{HelpText.List(SpacingRow.All.Select(r => r.Name), "[as the model says; else uniform]")}}
          --timesteps LIST       these timesteps instead: 900,600,300,0; or tuned: those of ddim tune
          --clip | --no-clip | --threshold Q
                                 what is done to predicted x0 [as the schedule says]

          --json                 the plan as JSON, every bit of every number
          --csv                  a header and one row per step
        """;

    private readonly CliHost host;
    private readonly Option<string?> model = ModelOption.Create();
    private readonly AboutOptions about = new();
    private readonly TableOptions form = new();
    private readonly SamplingOptions sampling = new();
    private readonly ScheduleOptions schedule = new();

    private PlanCommand(CliHost host) => this.host = host;

    public static Command Create(CliHost host)
    {
        var plan = new PlanCommand(host);
        var command = new Command("plan") { plan.model };
        foreach (var option in plan.about.All.Concat(plan.sampling.All).Concat(plan.schedule.All).Concat(plan.form.All))
        {
            command.Add(option);
        }

        command.SetAction(plan.Run);
        return command;
    }

    private int Run(ParseResult r)
    {
        var (csv, json) = form.Resolve(r);
        if (r.Has(model) && schedule.Given(r).FirstOrDefault() is { } clash)
        {
            throw new DiffusionException(ErrorKind.Usage, $"{clash.Name} does not go with --model, which has its own schedule");
        }

        var source = r.GetValue(model) is { } path ? ModelOptions.Told(ModelSource.Open(path, facts: about.Read(r)), host) : null;
        var scheduler = source?.Scheduler ?? schedule.Resolve(r, null);
        var options = sampling.Resolve(r, scheduler);
        var plan = source is null ? DiffusionModel.Plan(scheduler, options.Timesteps is null ? options with { Spacing = options.Spacing ?? TimestepSpacing.Uniform } : options) : DiffusionModel.Plan(source, options);
        host.Out.WriteLine((json ? plan.ToJson() : csv ? SamplingPlanTable.Csv(plan) : plan.ToString()).TrimEnd('\n'));
        return 0;
    }
}
