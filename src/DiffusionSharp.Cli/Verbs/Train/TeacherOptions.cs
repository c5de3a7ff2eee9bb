using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Drawing;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Options;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Cli.Verbs.Train;

/// <summary>A model that teaches, and what leads it.</summary>
internal sealed class TeacherOptions
{
    private readonly Option<string?> teacher = new("--teacher");
    private readonly Option<double> guidance = Parse.Number<double>("--guidance");
    private readonly Option<double[]> interval = GuidanceOptions.IntervalOption();
    private readonly Option<string?> weaker = new("--guide-with");

    public IEnumerable<Option> All => [teacher, guidance, interval, weaker];

    /// <summary>The run with its teacher: the one that was asked for, or the one it was begun with.</summary>
    /// <exception cref="DiffusionException">Guidance of nobody (<see cref="ErrorKind.Usage"/>).</exception>
    public RunConfig Resolve(ParseResult r, RunConfig config, TeacherConfig? saved)
    {
        if (r.GetValue(teacher) is { } model)
        {
            // One that was moved keeps its guidance.
            var path = Path.GetFullPath(model);
            saved = saved is null ? new TeacherConfig { Model = path } : saved with { Model = path };
        }

        if (saved is null)
        {
            return Array.Find([guidance, interval, (Option)weaker], r.Has) is { } idle
                ? throw new DiffusionException(ErrorKind.Usage, $"{idle.Name} leads a teacher: give {teacher.Name}, too")
                : config;
        }

        return config with
        {
            TaughtBy = saved with
            {
                Guidance = r.Or(guidance, saved.Guidance),
                GuidanceInterval = r.Has(interval) ? [.. r.GetValue(interval)!] : saved.GuidanceInterval,
                GuideWith = r.GetValue(weaker) is { } weak ? Path.GetFullPath(weak) : saved.GuideWith,
            },
        };
    }

    /// <summary>Loads a run's teacher on the engine that trains; null without one.</summary>
    public static Teacher? Load(CliHost host, RunConfig config)
    {
        if (config.TaughtBy is not { } wanted)
        {
            return null;
        }

        var training = config.Training;
        var kind = training.Engine == EngineNames.Managed ? EngineKind.Cpu : EngineKind.Torch;
        return Teacher.Load(wanted, new EngineChoice(kind, training.Device, training.Threads, Networks.WeightPrecision.Float32).Open(host));
    }
}
