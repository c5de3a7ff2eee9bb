using System.Diagnostics;
using DiffusionSharp.Bench.Measuring;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;
using DiffusionSharp.Torch.Engine;

namespace DiffusionSharp.Bench.Ratios;

/// <summary>What sampling costs besides the network.</summary>
internal static class OverheadPart
{
    private const string Part = "overhead";

    public static IEnumerable<Line> Run(Sizes sizes)
    {
        var subject = new Subject(sizes.Small);
        using var denoiser = new TorchDenoiser(subject.Graph, p => subject.Weights[p.Name]);
        yield return new Line(Part, "network", subject.Graph.FlopsPerImage / 1e9, null, "GFLOP", $"an image; {subject.Graph.ParameterCount} parameters, batch {sizes.SamplingBatch}, S = {sizes.Steps}");
        var timings = Interleaved.Measure(
            sizes.Rounds,
            ("outside the network, η = 0", () => Overhead(denoiser, subject, 0, sizes)),
            ("outside the network, η = 1", () => Overhead(denoiser, subject, 1, sizes)));
        foreach (var timing in timings)
        {
            yield return Line.FromTiming(Part, timing, "%", "goal: below 2");
        }
    }

    private static double Overhead(TorchDenoiser denoiser, Subject subject, double eta, Sizes sizes)
    {
        var timed = new TimedDenoiser(denoiser);
        var start = Stopwatch.GetTimestamp();
        var schedule = NoiseSchedule.Linear();
        var plan = DdimPlan.Create(schedule, Timesteps.Uniform(schedule.T, sizes.Steps), new DdimOptions { Eta = eta, X0Treatment = X0Treatment.Clip() });
        ulong[] seeds = [.. Enumerable.Range(0, sizes.SamplingBatch).Select(i => (ulong)i)];
        Sampler.Run(timed, plan, new SamplerRequest
        {
            Shape = subject.Graph.InputShape,
            Count = seeds.Length,
            Noise = NoiseSource.FromSeeds(seeds),
            BatchSize = seeds.Length,
        });
        var all = Stopwatch.GetElapsedTime(start);
        return 100 * (all - timed.Inside) / all;
    }
}
