using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Cli.Sources;
using DiffusionSharp.Data;
using DiffusionSharp.Evaluation.Likelihood;
using DiffusionSharp.Models;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Cli.Verbs.Likelihood;

/// <summary><c>ddim likelihood</c>: bits per dimension of images under a model.</summary>
internal sealed class LikelihoodCommand
{
    public const string Help = """
        Example:  ddim likelihood builtin:shapes --count 16 --steps 100

        Says how many bits per dimension (a channel of a pixel) images cost under a model: 8 is what
        knowing nothing costs, less is better. By the variational bound of the steps back, with a table
        of its terms (improved-diffusion's definition), or exactly, up to the estimated trace, by the
        probability flow, which takes hundreds of network calls with gradients an image.

          DATA…                  image files, a folder or archive of images, or builtin:shapes;
                                 made the model's size (short side, then centre crop)
          --count N              the first N images [all; 16 of builtin:shapes]
          --column NAME          of parquet, where the images are [image, else img, else the first]
          --by bound|flow        the variational bound, or the probability flow [bound]
          --steps N              of the bound: a chain of N uniform timesteps [all T of the model]
          --variance V           of the bound: small, large or learned [the model's own]
          --no-clip              of the bound: predicted x0 as it is [clipped to -1…1]
          --probes N             of the flow: random vectors for the trace [1]
          --tolerance X          of the flow: of each step of the solver [0.00001]
          --seed S               of the noise, the dequantisation, the vectors [0]
          --model, -m PATH       model folder, checkpoint file or training run [the bundled model]
          --ema | --raw          where it has both: averaged weights [default], or the weights themselves
          --about K=V,…, --size N  what it does not say: num_heads=4 (ddim convert -h); images' size, 48x64
          --labels, --class LIST class of all images, or of each, by number or name
          --csv | --json         each image's bits, and the terms, instead of a summary
          --engine E, --device D cpu: the managed engine [cpu]; torch, on cpu or cuda:N, in builds with it
          --weights W            of the managed engine: float32, bfloat16 or half [float32]
          --batch N, --threads N images in one network call [16], threads of a call [all cores]
        """;

    private readonly CliHost host;
    private readonly Argument<string[]> images = new("DATA") { Arity = ArgumentArity.OneOrMore };
    private readonly Option<int> count = Parse.Number<int>("--count");
    private readonly Option<string?> column = DataSource.ColumnOption();
    private readonly Option<string> by = Parse.Choice("--by", ("bound", "bound"), ("flow", "flow"));
    private readonly Option<int> steps = Parse.Number<int>("--steps");
    private readonly Option<BoundVariance> variance = Parse.Choice(
        "--variance", ("small", BoundVariance.Small), ("large", BoundVariance.Large), ("learned", BoundVariance.Learned));

    private readonly Option<bool> noClip = new("--no-clip");
    private readonly Option<int> probes = Parse.Number<int>("--probes");
    private readonly Option<double> tolerance = Parse.Number<double>("--tolerance");
    private readonly Option<ulong> seed = Parse.Number<ulong>("--seed");
    private readonly TableOptions form = new();
    private readonly LoadOptions load = new();

    private LikelihoodCommand(CliHost host) => this.host = host;

    public static Command Create(CliHost host)
    {
        var likelihood = new LikelihoodCommand(host);
        var command = new Command("likelihood") { likelihood.images };
        Option[] own =
        [
            likelihood.count, likelihood.column, likelihood.by, likelihood.steps, likelihood.variance, likelihood.noClip, likelihood.probes,
            likelihood.tolerance, likelihood.seed,
        ];
        foreach (var option in own.Concat(likelihood.form.All).Concat(likelihood.load.OneCall))
        {
            command.Add(option);
        }

        command.SetAction(likelihood.Run);
        return command;
    }

    private int Run(ParseResult r)
    {
        var (csv, json) = form.Resolve(r);
        var byFlow = r.Or(by, "bound") == "flow";
        Option[] ofFlow = [probes, tolerance], ofBound = [steps, variance, noClip];
        if (Array.Find(byFlow ? ofBound : ofFlow, r.Has) is { } idle)
        {
            throw new DiffusionException(ErrorKind.Usage, $"{idle.Name} is of no use with {by.Name} {(byFlow ? "flow" : "bound")}: leave it out, or choose the other");
        }

        using var model = load.Load(r, host);
        var levels = Levels(r, model);
        var labels = load.Classes(r, model, levels.Length / model.Shape.Elements);
        var report = byFlow ? Flow(r, model, levels, labels) : Bound(r, model, levels, labels);
        host.Out.WriteLine((csv ? report.Csv() : json ? JsonOption.Text(report.Json()) : report.Text()).TrimEnd('\n'));
        return 0;
    }

    private LikelihoodReport Bound(ParseResult r, DiffusionModel model, byte[] levels, int[]? labels)
    {
        var T = model.Schedule.T;
        var options = new VariationalBoundOptions
        {
            Timesteps = r.Has(steps) ? Timesteps.Uniform(T, r.GetValue(steps)) : null,
            Variance = r.Has(variance) ? r.GetValue(variance) : null,
            Clip = !r.GetValue(noClip),
            Seed = r.Or(seed, 0UL),
            BatchSize = load.BatchSize(r),
        };
        using var line = new ProgressLine(host);
        var found = VariationalBound.Compute(model, levels, labels, options, Shown(line), host.Interruption.Token);
        return LikelihoodReport.FromBound(model.Name, found, options);
    }

    private LikelihoodReport Flow(ParseResult r, DiffusionModel model, byte[] levels, int[]? labels)
    {
        var usual = new FlowLikelihoodOptions();
        var options = usual with { Probes = r.Or(probes, usual.Probes), Tolerance = r.Or(tolerance, usual.Tolerance), Seed = r.Or(seed, 0UL), BatchSize = load.BatchSize(r) };
        using var line = new ProgressLine(host);
        var found = FlowLikelihood.Compute(model, levels, labels, options, Shown(line), host.Interruption.Token);
        return LikelihoodReport.FromFlow(model.Name, found, options);
    }

    // Which images there are counts, not how they were transformed for the network.
    private byte[] Levels(ParseResult r, DiffusionModel model) => Array.ConvertAll(
        ImageInputs.Read(r.GetValue(images)!, model.Shape, r.Has(count) ? r.GetValue(count) : null, r.GetValue(column), PixelTransform.None, host.Interruption.Token),
        PixelTransform.None.Level);

    private SynchronousProgress<LikelihoodProgress> Shown(ProgressLine line)
    {
        var began = host.Clock.GetTimestamp();
        return new(p => line.Update(p.Fraction, () =>
        {
            var seconds = host.Clock.GetElapsedTime(began).TotalSeconds;
            return
            [
                new($"{Human.Count(p.Calls)} network calls", Importance: 2),
                ProgressPart.Rate(p.Calls / Math.Max(seconds, 1e-3), "calls/s"),
                ProgressPart.Eta(TimeSpan.FromSeconds(seconds * (1 - p.Fraction) / Math.Max(p.Fraction, 1e-4))),
            ];
        }));
    }
}
