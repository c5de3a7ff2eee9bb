using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;
using DiffusionSharp.Tests.Sampling;
using DiffusionSharp.Tuning;

namespace DiffusionSharp.Tests.Tuning;

public class ReferenceTrajectoriesTests
{
    private static readonly ImageShape Shape = new(1, 3, 3);

    public static TheoryData<PredictionType, string> Cases => new MatrixTheoryData<PredictionType, string>(Enum.GetValues<PredictionType>(), ["none", "clip", "threshold"]);

    // Against the sampler itself: each step between two levels, carried out from the states of the long run.
    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_steps_error_is_that_of_the_step_carried_out(PredictionType type, string treatment)
    {
        const int n = 7, images = 3;
        var options = new DdimOptions
        {
            PredictionType = type,
            X0Treatment = treatment switch { "clip" => X0Treatment.Clip(0.8), "threshold" => X0Treatment.DynamicThreshold(0.9), _ => X0Treatment.None },
        };
        var schedule = NoiseSchedule.Linear(100, 0.001, 0.2);
        var plan = DdimPlan.Create(NoiseLevels.FromTimesteps(schedule, Timesteps.Uniform(100, n)), options);
        var noise = NoiseSource.FromSeeds([1, 2, 3, 4, 5]);
        (int From, int At)[] probes = [(0, 2), (1, 4), (4, 5)];
        var trajectories = new ReferenceTrajectories(plan, noise, images, Shape.Elements, probes);
        var states = new double[n + 1][];
        states[0] = Sampled(5, step => null);
        for (var k = 1; k <= n; k++)
        {
            states[k] = Sampled(5, step => step < k ? plan.Steps[step] : null);
        }

        Sampler.Run(Network(), plan, Request(5) with { Watch = trajectories.Add, BatchSize = 2 });

        Assert.Equal(n, trajectories.End);
        for (var i = 0; i < n; i++)
        {
            Assert.Equal(MeanSquare(states[0], states[i]), trajectories.StartError(i), 1e-9);
            for (var j = i + 1; j <= n; j++)
            {
                Assert.Equal(MeanSquare(Step(i, j), states[j]), trajectories.StepError(i, j), 1e-6 * (1 + trajectories.StepError(i, j)));
            }
        }

        foreach (var (index, (from, at)) in probes.Index())
        {
            double[] wanted = [.. states[at].Take(images * Shape.Elements), .. Step(from, at).Take(images * Shape.Elements)];
            Assert.All(wanted.Zip(trajectories.Probed(index)), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
        }

        double[] Step(int i, int j) =>
            Run(DdimPlan.Step(plan.Steps[i].Timestep!.Value, plan.Steps[i].AlphaBarFrom, j == n ? 1 : plan.Steps[j].AlphaBarFrom, options), states[i]);

        double[] Sampled(int count, Func<int, SamplingStep?> step)
        {
            var x = new double[count * Shape.Elements];
            for (var i = 0; i < count; i++)
            {
                noise.Fill(i, NoiseSource.InitialStep, x.AsSpan(i * Shape.Elements, Shape.Elements));
            }

            for (var k = 0; step(k) is { } next; k++)
            {
                x = Run(next, x);
            }

            return x;
        }

        double[] Run(SamplingStep step, double[] x) => Sampler.Run(
            Network(), new SamplingPlan("one step", 100, type, options.X0Treatment, [step]), Request(x.Length / Shape.Elements) with { InitialX = x }).Values;

        SamplerRequest Request(int count) => new() { Shape = Shape, Count = count, Noise = noise };
    }

    private static FakeDenoiser Network() => new(1, (x, t) => (float)((0.3 * Math.Sin((3 * x) + (t / 20))) + (0.4 * x)));

    private static double MeanSquare(double[] a, double[] b) => a.Zip(b, (x, y) => (x - y) * (x - y)).Take(3 * Shape.Elements).Average();
}
