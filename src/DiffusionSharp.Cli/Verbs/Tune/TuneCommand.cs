using System.CommandLine;
using System.Text.Json.Nodes;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Inversion;
using DiffusionSharp.Schedules;
using DiffusionSharp.Tuning;

namespace DiffusionSharp.Cli.Verbs.Tune;

/// <summary><c>ddim tune</c>: finds a model's best timesteps.</summary>
internal sealed class TuneCommand
{
    public const string Help = """
        Example:  ddim tune --steps 5,10 && ddim sample --timesteps tuned --steps 10

        Finds the timesteps with which DDIM (eta 0) of so many steps ends nearest to a long run, by
        dynamic programming over the measured errors of single steps, and keeps them in the model's
        or the run's folder. Two thirds of the latents serve to find them; on the others their results
        are compared with the long run's, as PSNR, beside the paper's two rules.

          --steps LIST           numbers of network calls to tune for [10]
          --model, -m PATH       model folder, checkpoint file or training run [the bundled model]
          --ema | --raw          where it has both: averaged weights [default], or the weights themselves
          --about K=V,…, --size N  what it does not say: num_heads=4 (ddim convert -h); images' size, 48x64
          --reference N          steps of the long run, which takes most of the time [250]
          --count N              latents [24]
          --seed S               seed of the first [0]
          --seeds LIST           the seed of each: 0-63 or 1,5,9-12
          --labels, --class LIST class of all latents, or of each [the classes take turns]
          --guidance W           how much the class counts, see ddim sample [1]
          --json                 the result as JSON
          --engine E, --device D cpu: the managed engine [cpu]; torch, on cpu or cuda:N, in builds with it
          --weights W            of the managed engine: float32, bfloat16 or half [float32]
          --batch N              images in one network call [16]; memory for the long run of a batch
          --threads N            threads of a call [all cores]
        """;

    private readonly CliHost host;
    private readonly Option<int[]> steps = Parse.Distinct<int>("--steps");
    private readonly Option<int> reference = Parse.Number<int>("--reference");
    private readonly Option<bool> json = JsonOption.Create();
    private readonly SeedOptions seedOptions = new();
    private readonly LoadOptions load = new();

    private TuneCommand(CliHost host) => this.host = host;

    public static Command Create(CliHost host)
    {
        var tune = new TuneCommand(host);
        var command = new Command("tune") { tune.steps, tune.reference, tune.json };
        foreach (var option in tune.seedOptions.All.Concat(tune.load.All))
        {
            command.Add(option);
        }

        command.SetAction(tune.Run);
        return command;
    }

    private int Run(ParseResult r)
    {
        int[] wanted = [.. r.Or(steps, [10]).Distinct().Order()];
        var seeds = seedOptions.Resolve(r, given: null, usual: 24);
        var long_ = r.Or(reference, TimestepTuner.DefaultReferenceSteps);
        using var loaded = load.Load(r, host);
        var T = loaded.Schedule.T;
        var n = Math.Min(long_, T);
        if (seeds.Length < 2 || n < 1 || wanted.Length == 0 || wanted[0] < 1 || wanted[^1] > n)
        {
            throw new DiffusionException(
                ErrorKind.Usage,
                $"--steps {string.Join(',', wanted)} with {seeds.Length} latents and a long run of {n} steps: "
                + $"give numbers of steps from 1 to {n}, and at least 2 latents");
        }

        // What is there must be readable before the long run begins.
        var path = loaded.Source!.TunedTimestepsPath;
        if (TunedTimestepsJson.Read(path, T).Keys.Intersect(wanted).ToArray() is { Length: > 0 } replaced)
        {
            host.Error.WriteLine($"note: the timesteps for {string.Join(", ", replaced)} steps in {path} will be replaced");
        }

        var checking = Math.Max(1, seeds.Length / 3);
        var tuning = seeds.Length - checking;
        var options = load.Complete(r, new SampleOptions { Seeds = seeds, Labels = load.Classes(r, loaded, seeds.Length) });
        var checks = Sampler.Batches(checking, options.BatchSize) * wanted.Sum() * Rules.Length;
        using var meter = new SamplingMeter(host, TimestepTuner.NetworkCalls(T, seeds.Length, tuning, options.BatchSize, n) + checks, options.Guidance);
        var tuner = TimestepTuner.Measure(loaded, options, tuning, n, meter, host.Interruption.Token);
        Row[] rows = [.. wanted.SelectMany(s => Rules.Select(rule => Measure(tuner, s, rule.Name, rule.Tau(tuner, s), meter)))];
        meter.Dispose();
        TunedTimestepsJson.Add(path, T, wanted.Select(tuner.Find));
        var result = meter.Result();
        JsonOption.Print(
            host,
            r.GetValue(json),
            () => new JsonObject
            {
                ["out"] = path,
                ["model"] = loaded.Name,
                ["reference"] = n,
                ["tuningLatents"] = tuning,
                ["checkingLatents"] = checking,
                ["callsMade"] = result.Calls,
                ["seconds"] = result.Seconds,
                ["rows"] = new JsonArray([.. rows.Select(row => row.Json())]),
            },
            () => $"""
                {checking} latents against {n} steps, tuned on {tuning} others, {result.Seconds:F1} s
                   S  rule       expected  PSNR (dB)  timesteps
                {string.Join('\n', rows.Select(row => row.Text()))}
                written to {path}; use them: ddim sample{ModelArgument(loaded.Name)} --timesteps {SamplingOptions.Tuned} --steps {wanted[0]}
                """);
        return 0;
    }

    private Row Measure(TimestepTuner tuner, int steps, string rule, Timesteps tau, SamplingMeter meter) =>
        new(steps, rule, tuner.ExpectedError(tau), tuner.MeasuredError(tau, meter, host.Interruption.Token), tau);

    private string ModelArgument(string path) => path == ModelOption.BundledFolder(host) ? "" : $" --model {ShellWord.Quote(path)}";

    private static readonly (string Name, Func<TimestepTuner, int, Timesteps> Tau)[] Rules =
    [
        ("tuned", (tuner, s) => tuner.Find(s)),
        ("uniform", (tuner, s) => Timesteps.Uniform(tuner.Reference.T, s)),
        ("quadratic", (tuner, s) => Timesteps.Quadratic(tuner.Reference.T, s)),
    ];

    private sealed record Row(int Steps, string Rule, double Expected, double Measured, Timesteps Tau)
    {
        public JsonObject Json() => new()
        {
            ["steps"] = Steps,
            ["rule"] = Rule,
            ["expectedMse"] = Expected,
            ["mse"] = Measured,
            ["timesteps"] = JsonParts.List(Tau),
        };

        public string Text() => FormattableString.Invariant($"{Steps,4}  {Rule,-9}  {ImageError.Psnr(Expected),8:F1}  {ImageError.Psnr(Measured),9:F1}  {string.Join(',', Tau)}");
    }
}
