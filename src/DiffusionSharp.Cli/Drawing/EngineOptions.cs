using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Networks;
using DiffusionSharp.Training.Options;

namespace DiffusionSharp.Cli.Drawing;

/// <summary>What a network runs on.</summary>
internal sealed class EngineOptions
{
    private const string Cpu = "cpu";

    private readonly Option<string?> device = new Option<string?>("--device").WithWords("cpu", "cuda");

    private readonly Option<WeightPrecision> weightPrecision = Parse.Choice(
        "--weights", ("float32", WeightPrecision.Float32), ("bfloat16", WeightPrecision.BFloat16), ("half", WeightPrecision.Half));

    private readonly Option<int> batch = Parse.Number<int>("--batch");

    public Option<EngineKind> Engine { get; } = Parse.Choice("--engine", ("cpu", EngineKind.Cpu), ("torch", EngineKind.Torch));

    public Option<int> Threads { get; } = Parse.Number<int>("--threads");

    public IEnumerable<Option> All => [Engine, device, Threads, weightPrecision, batch];

    /// <summary>Images in one network call.</summary>
    /// <param name="r">The command line.</param>
    /// <param name="usual">How many when nothing says so.</param>
    public int BatchSize(ParseResult r, int usual = 16) => r.Or(batch, usual) is >= 1 and var size
        ? size
        : throw new DiffusionException(
            ErrorKind.Usage,
            $"--batch: found {r.GetValue(batch)}; at least 1 image goes through the network at once");

    /// <summary>The engine that was asked for.</summary>
    /// <exception cref="DiffusionException">The options contradict each other (<see cref="ErrorKind.Usage"/>).</exception>
    public EngineChoice Choose(ParseResult r)
    {
        var threads = r.Or(Threads, 0);
        if (threads is < 0 or > TrainingOptions.MostThreads)
        {
            throw new DiffusionException(
                ErrorKind.Usage, $"--threads: found {threads}; give a number up to {TrainingOptions.MostThreads}, or 0 for all cores");
        }

        var where = r.GetValue(device) ?? Cpu;
        var kind = r.Or(Engine, where == Cpu ? EngineKind.Cpu : EngineKind.Torch);
        if (kind == EngineKind.Cpu && where != Cpu)
        {
            throw new DiffusionException(
                ErrorKind.Usage, $"--engine cpu and --device {where} contradict each other: the managed engine runs on the processor only; leave one of them out");
        }

        if (kind == EngineKind.Torch && r.Has(weightPrecision))
        {
            var torch = r.Has(Engine) ? "--engine torch" : $"--device {where}";
            throw new DiffusionException(
                ErrorKind.Usage, $"--weights and {torch} contradict each other: only the managed engine stores weights in 16 bits; leave one of them out");
        }

        return new EngineChoice(kind, where, threads, r.Or(weightPrecision, WeightPrecision.Float32));
    }
}
