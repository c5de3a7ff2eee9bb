using System.Text.Json;
using Conformance.Networks;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;
using TestKit;

namespace Conformance.Sampling;

/// <summary>
/// 02_sampling and 02_interpolation: the chains of the DDIM authors' code with its own network, the recorded noise and the
/// public sampler. Its ddpm_steps is η = hat on the sub-sequence with x0 clipped: mean of the posterior, variance 1-ᾱ_t/ᾱ_s.
/// </summary>
public class ErmongroupSamplingGoldens
{
    public static TheoryData<string, string> Runs => new(GoldenRuns.ForKind("02_sampling"));

    public static TheoryData<string> Interpolations => new(GoldenRuns.CasesOf("02_interpolation"));

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Interpolations))]
    public void Interpolated_images_agree(string name)
    {
        var golden = new GoldenCase(name);
        var tolerance = golden.Json.GetProperty("tolerance");
        var model = new ErmongroupModel(golden);
        var denoiser = Engines.Engines.ForChains(model.Graph, p => model.Weights[p.Name]);
        using var disposed = denoiser;

        var plan = DdimPlan.Create(model.Schedule, Tau(model.Schedule, golden.Json), new DdimOptions { Eta = golden.Json.GetProperty("eta").GetDouble() });
        var count = golden.Shape("z")[0];
        double[] z = golden.Doubles("z"), alpha = golden.Doubles("alpha"), between = new double[z.Length / count];
        for (var i = 0; i < count; i++)
        {
            Slerp.Between(golden.Doubles("z1"), golden.Doubles("z2"), alpha[i], between);
            Assert.All(between.Index(), v => Assert.Equal(z[(i * between.Length) + v.Index], v.Item, tolerance.GetProperty("z").GetDouble()));
        }

        var result = Sampler.Run(denoiser, plan, new SamplerRequest
        {
            Shape = model.Graph.InputShape,
            Count = count,
            Noise = NoiseSource.Recorded([], 0, count, model.Graph.InputShape),
            InitialX = z,
        });

        AssertClose("x", golden.Doubles("x"), result.Values, tolerance.GetProperty("x_rel_to_max_abs").GetDouble());
        var images = golden.Doubles("images");
        for (var i = 0; i < images.Length; i++)
        {
            Assert.Equal(images[i], Math.Clamp((result.Values[i] + 1) / 2, 0, 1), tolerance.GetProperty("images").GetDouble());
        }
    }

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Runs))]
    public void Chains_agree(string name, string run)
    {
        var golden = new GoldenCase(name);
        var json = golden.Json.GetProperty("runs").GetProperty(run);
        var model = new ErmongroupModel(golden);
        var denoiser = Engines.Engines.ForChains(model.Graph, p => model.Weights[p.Name]);
        using var disposed = denoiser;
        var plan = Plan(model.Schedule, json);
        Assert.Equal(json.GetProperty("model_calls").GetInt32(), plan.NetworkCalls);

        var shape = model.Graph.InputShape;
        var count = golden.Shape("x_T")[0];
        var n = count * shape.Elements;
        double[] xs = golden.Doubles($"{run}/xs"), x0s = golden.Doubles($"{run}/x0s");
        var noise = golden.Has($"{run}/noise") ? golden.Floats($"{run}/noise") : [];
        var relative = json.GetProperty("tolerance_final").GetProperty("rel_to_max_abs").GetDouble();
        var calls = 0;
        Sampler.Run(denoiser, plan, new SamplerRequest
        {
            Shape = shape,
            Count = count,
            Noise = NoiseSource.Recorded(noise, noise.Length / n, count, shape),
            InitialX = golden.Doubles("x_T"),
            Watch = step =>
            {
                var p = step.Progress;
                AssertClose($"x after call {p.Call}", xs.AsSpan(p.Call * n, n), step.X, relative);
                AssertClose($"x0 of call {p.Call}", x0s.AsSpan((p.Call - 1) * n, n), step.X0, relative);
                calls = p.Call;
            },
        });
        Assert.Equal(plan.NetworkCalls, calls);
    }

    private static Timesteps Tau(NoiseSchedule schedule, JsonElement json) => Timesteps.Create(
        json.GetProperty("skip_type").GetString() switch
        {
            "uniform" => TimestepSpacing.ErmongroupUniform,
            "quad" => TimestepSpacing.ErmongroupQuad,
            var other => throw new NotSupportedException(other),
        },
        schedule.T,
        json.GetProperty("timesteps").GetInt32());

    private static SamplingPlan Plan(NoiseSchedule schedule, JsonElement run)
    {
        var timesteps = Tau(schedule, run);
        Assert.Equal(run.GetProperty("t").EnumerateArray().Select(t => t.GetInt32()), timesteps);
        return DdimPlan.Create(schedule, timesteps, run.GetProperty("sample_type").GetString() switch
        {
            "generalized" => new DdimOptions { Eta = run.GetProperty("eta").GetDouble() },
            "ddpm_noisy" => new DdimOptions { Eta = Eta.Hat, X0Treatment = X0Treatment.Clip() },
            var other => throw new NotSupportedException(other),
        });
    }

    private static void AssertClose(string what, ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, double relative)
    {
        Assert.Equal(expected.Length, actual.Length);
        double worst = 0, largest = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            worst = Math.Max(worst, Math.Abs(expected[i] - actual[i]));
            largest = Math.Max(largest, Math.Abs(expected[i]));
        }

        Assert.True(worst <= relative * largest, $"{what}: off by {worst:G3}, allowed {relative:G3} of {largest:G3} = {relative * largest:G3}");
    }
}
