using DiffusionSharp.Models.Configs;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Models;

/// <summary>The plan of a model's scheduler: its schedule, spacing and clipping, with what a caller asks for in their place.</summary>
internal static class SchedulerPlan
{
    /// <summary>The plan of sampling.</summary>
    public static SamplingPlan Create(SchedulerConfig scheduler, SampleOptions options)
    {
        if (options.Eta.IsLearned && scheduler.VarianceType == "learned")
        {
            throw new DiffusionException(
                ErrorKind.Configuration,
                "eta learned: the scheduler's variance_type is 'learned' (the logarithm of the variance itself), which is not supported; "
                + "supported is 'learned_range'. Use eta 1 (the smaller variance) or hat (the larger)");
        }

        var levels = Levels(scheduler, options);
        var ddim = new DdimOptions
        {
            Eta = options.Eta,
            PredictionType = scheduler.PredictionType,
            X0Treatment = options.X0Treatment ?? Treatment(scheduler),
        };
        var plan = options.Edit is { } edit ? edit.Plan(options.Solver, levels, ddim) : SolverPlan.Create(options.Solver, levels, ddim);
        return options.Classifier is null ? plan : options.Eta.IsHat || options.Eta.IsLearned ? GuidedPlan.Mean(plan) : GuidedPlan.Score(plan);
    }

    /// <summary>The levels that options ask for, by the scheduler's rules where they do not say.</summary>
    public static NoiseLevels Levels(SchedulerConfig scheduler, SampleOptions options)
    {
        var schedule = scheduler.ToSchedule();
        var final = scheduler.SetAlphaToOne ? FinalAlphaBar.One : FinalAlphaBar.AlphaBarZero;
        var spacing = options.Spacing ?? scheduler.Spacing;
        return options.Timesteps is { } tau
            ? NoiseLevels.FromTimesteps(schedule, Timesteps.Custom(schedule.T, [.. tau]), final)
            : NoiseLevels.Create(schedule, spacing, options.Steps ?? Math.Min(SampleOptions.DefaultSteps, schedule.T), final, spacing == TimestepSpacing.Leading ? scheduler.StepsOffset : 0);
    }

    private static X0Treatment Treatment(SchedulerConfig s) => (s.Thresholding, s.ClipSample) switch
    {
        (true, _) => X0Treatment.DynamicThreshold(s.DynamicThresholdingRatio, s.SampleMaxValue),
        (_, true) => X0Treatment.Clip(s.ClipSampleRange),
        _ => X0Treatment.None,
    };
}
