using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Training;

/// <summary>Draws the samples that show how far a run is: always the same seeds, DDIM with at most 50 steps, x0 clipped.</summary>
internal static class PreviewSampler
{
    private const int Count = 16;
    private const int MaxSteps = 50;

    public static Preview Draw(IDenoiser denoiser, NetworkGraph graph, SchedulerConfig scheduler, long images, CancellationToken cancellationToken)
    {
        var schedule = scheduler.ToSchedule();
        var options = new DdimOptions { PredictionType = scheduler.PredictionType, X0Treatment = X0Treatment.Clip(scheduler.PixelTransform.Range) };
        var steps = Math.Min(MaxSteps, schedule.T);
        var plan = DdimPlan.Create(scheduler.Edm is null ? NoiseLevels.FromTimesteps(schedule, Timesteps.Uniform(schedule.T, steps)) : NoiseLevels.Karras(schedule, steps), options);
        var request = new SamplerRequest
        {
            Shape = graph.InputShape,
            Count = Count,
            Noise = NoiseSource.FromSeeds([.. Enumerable.Range(0, Count).Select(i => (ulong)i)]),
            Labels = graph.ClassCount is int classes ? [.. Enumerable.Range(0, Count).Select(i => i % classes)] : null,
        };
        return new Preview(images, Count, graph.InputShape, scheduler.PixelTransform.ToPictures(Sampler.Run(scheduler.Planned(denoiser), plan, request, cancellationToken: cancellationToken).Values)) { Labels = request.Labels };
    }
}
