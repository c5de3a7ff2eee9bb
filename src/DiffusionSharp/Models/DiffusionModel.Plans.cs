using DiffusionSharp.Models.Configs;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Inversion;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Models;

/// <content>What it will do, before it is done.</content>
public sealed partial class DiffusionModel
{
    /// <summary>The plan that <see cref="Sample"/> carries out.</summary>
    /// <param name="options">Steps, η, spacing and clipping.</param>
    /// <exception cref="DiffusionException">The options contradict each other or the model.</exception>
    public SamplingPlan Plan(SampleOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Eta.IsLearned)
        {
            SamplerCheck.RequireVariance(Network.OutputChannels, Shape.Channels);
        }

        return Plan(Scheduler, WithTuned(options));
    }

    /// <summary>The plan of a model on disk, without loading its network.</summary>
    /// <param name="source">The model.</param>
    /// <param name="options">Steps, η, spacing and clipping.</param>
    /// <exception cref="DiffusionException">The options contradict each other or the model.</exception>
    public static SamplingPlan Plan(ModelSource source, SampleOptions options)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Eta.IsLearned)
        {
            var graph = source.Network.Build();
            SamplerCheck.RequireVariance(graph.OutputShape.Channels, graph.InputShape.Channels);
        }

        return Plan(source.Scheduler, options.WithTuned(source));
    }

    /// <summary>The plan of a scheduler, without loading a network.</summary>
    /// <param name="scheduler">Schedule and prediction type.</param>
    /// <param name="options">Steps, η, spacing and clipping.</param>
    /// <exception cref="DiffusionException">The options contradict each other or the scheduler.</exception>
    public static SamplingPlan Plan(SchedulerConfig scheduler, SampleOptions options)
    {
        ArgumentNullException.ThrowIfNull(scheduler);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return SchedulerPlan.Create(scheduler, options);
    }

    /// <summary>The plan that <see cref="Invert"/> carries out.</summary>
    /// <param name="options">Steps and spacing, those of the plan that will decode.</param>
    /// <param name="level">At which end of a step the network is called.</param>
    /// <exception cref="DiffusionException">The options contradict each other or the model.</exception>
    public SamplingPlan InversionPlan(SampleOptions options, InversionLevel level = InversionLevel.Target)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return Sampling.Inversion.InversionPlan.Create(SchedulerPlan.Levels(Scheduler, WithTuned(options)), new InversionOptions
        {
            Level = level,
            PredictionType = Scheduler.PredictionType,
        });
    }

    private SampleOptions WithTuned(SampleOptions options) =>
        Source is not null ? options.WithTuned(Source)
        : options.Spacing != TimestepSpacing.Tuned ? options
        : throw new DiffusionException(ErrorKind.Usage, $"the model {Name} was made from a network, and has no timesteps of its own: choose another spacing, or give the timesteps");
}
