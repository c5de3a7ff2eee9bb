using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Schedules;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Cli.Verbs.Train;

/// <summary>The options of EDM's objective.</summary>
internal sealed class EdmOptions
{
    private readonly Option<double> sigmaData = Parse.Number<double>("--sigma-data");
    private readonly Option<double> mean = Parse.Number<double>("--p-mean");
    private readonly Option<double> deviation = Parse.Number<double>("--p-std");

    public Option<bool> Edm { get; } = new("--edm");

    public IEnumerable<Option> All => [Edm, sigmaData, mean, deviation];

    /// <summary>The options that say what the network is.</summary>
    public IEnumerable<Option> OfModel => [Edm, sigmaData];

    /// <summary>The configuration with EDM's objective, where that was asked for or the run or model has it.</summary>
    /// <param name="r">The command line.</param>
    /// <param name="config">The configuration so far.</param>
    /// <param name="known">The scheduler of the run or of the model it begins with.</param>
    /// <param name="schedule">The options that contradict it.</param>
    /// <exception cref="DiffusionException">Options contradict each other (<see cref="ErrorKind.Usage"/>).</exception>
    public RunConfig Resolve(ParseResult r, RunConfig config, SchedulerConfig? known, ScheduleOptions schedule)
    {
        if (!r.Or(Edm, known?.Edm is not null))
        {
            return All.Skip(1).FirstOrDefault(r.Has) is { } alone
                ? throw new DiffusionException(ErrorKind.Usage, $"{alone.Name} is of EDM's objective: give {Edm.Name}, too")
                : config;
        }

        if (schedule.Given(r).FirstOrDefault() is { } other)
        {
            throw new DiffusionException(ErrorKind.Usage, $"{other.Name} does not go with {Edm.Name}, which has no timesteps, and a prediction of its own");
        }

        var edm = known?.Edm ?? new EdmPreconditioning();
        var scheduler = (known?.Edm is null ? SchedulerConfig.FromEdm(edm) : known) with
        {
            Edm = edm with { SigmaData = r.Or(sigmaData, edm.SigmaData) },
        };
        return config with
        {
            Scheduler = scheduler.With(config.Scheduler.PixelTransform),
            Training = config.Training with
            {
                SigmaLogMean = r.Or(mean, config.Training.SigmaLogMean),
                SigmaLogDeviation = r.Or(deviation, config.Training.SigmaLogDeviation),
            },
        };
    }
}
