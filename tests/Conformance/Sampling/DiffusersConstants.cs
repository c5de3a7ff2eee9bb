using System.Globalization;
using System.Text.Json;
using DiffusionSharp;
using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Inversion;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;
using TestKit;

namespace Conformance.Sampling;

/// <summary>The constants of diffusers' own tests of DDIMScheduler, DDIMInverseScheduler, DDPMScheduler and DPMSolverMultistepScheduler (diffusers-tests/expected.json).</summary>
public class DiffusersConstants
{
    private static readonly ImageShape Shape = new(3, 8, 8);

    public static TheoryData<string, string> Runs => new(GoldenRuns.ForKind("diffusers-tests"));

    [Theory(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    [MemberData(nameof(Runs))]
    public void Agrees(string name, string run)
    {
        var expected = JsonDocument.Parse(File.ReadAllText(Shared.Path("goldens", name, "expected.json"))).RootElement.GetProperty(run);
        switch (run)
        {
            case "ddim":
                Ddim(expected);
                break;
            case "ddim_inverse n=10":
                DdimInverse(expected);
                break;
            case "ddpm fixed_small":
                Ddpm(expected);
                break;
            case "dpm_multi order2 midpoint dpmsolver++ linspace final sigma_min lower_order_final False n=10 (mean only)":
                DpmMultistep(expected);
                break;
            default:
                Assert.Fail($"no test knows the group {run}");
                break;
        }
    }

    private static void Ddim(JsonElement expected)
    {
        var linear = NoiseSchedule.Linear();
        foreach (var row in expected.GetProperty("variance(t,prev) tol1e-5").EnumerateArray())
        {
            Assert.Equal(row[2].GetDouble(), Variance(linear, row[0].GetInt32(), row[1].GetInt32()), 1e-5);
        }

        Assert.Equal(
            expected.GetProperty("timesteps steps_offset=1 n=5").EnumerateArray().Select(e => e.GetInt32()), Timesteps.Leading(1000, 5, 1));

        // A start of β = 0.01 ends at 0.02 as ever.
        var runs = expected.GetProperty("n=10 eta=0");
        var options = new DdimOptions { X0Treatment = X0Treatment.Clip(1, keepEpsilon: true) };
        var ten = Timesteps.Leading(1000, 10);
        var steep = NoiseSchedule.Linear(1000, 0.01);
        Check(runs, "default", DdimPlan.Create(linear, ten, options));
        Check(runs, "v_prediction", DdimPlan.Create(linear, ten, options with { PredictionType = PredictionType.VPrediction }));
        Check(runs, "set_alpha_to_one=True beta_start=0.01", DdimPlan.Create(steep, ten, options));
        Check(runs, "set_alpha_to_one=False beta_start=0.01", DdimPlan.Create(steep, ten, options with { FinalAlphaBar = FinalAlphaBar.AlphaBarZero }));
        Check(runs, "add_noise then t=[100,0]", DdimPlan.Create(linear, Timesteps.Custom(1000, 100, 0), options), Noised(linear, 100));
    }

    private static void DdimInverse(JsonElement expected)
    {
        Assert.Equal(
            expected.GetProperty("timesteps steps_offset=1 n=5").EnumerateArray().Select(e => e.GetDouble()),
            InversionPlan.Create(NoiseSchedule.Linear(), Timesteps.Leading(1000, 5, 1)).Steps.Select(s => s.Timestep!.Value));

        NoiseSchedule linear = NoiseSchedule.Linear(), steep = NoiseSchedule.Linear(1000, 0.01);
        Check(expected, "default", Inverse(linear, new InversionOptions()));
        Check(expected, "v_prediction", Inverse(linear, new InversionOptions { PredictionType = PredictionType.VPrediction }));
        Check(expected, "set_alpha_to_one=True beta_start=0.01", Inverse(steep, new InversionOptions()));
        Check(expected, "set_alpha_to_one=False beta_start=0.01", Inverse(steep, new InversionOptions { StartAlphaBar = FinalAlphaBar.AlphaBarZero }));

        // The reference's default clips x0 and keeps the network's ε.
        static SamplingPlan Inverse(NoiseSchedule schedule, InversionOptions options)
        {
            var plan = InversionPlan.Create(schedule, Timesteps.Leading(1000, 10), options);
            return new SamplingPlan(plan.Name, plan.T, plan.PredictionType, X0Treatment.Clip(1, keepEpsilon: true), [.. plan.Steps]);
        }
    }

    private static void Ddpm(JsonElement expected)
    {
        var linear = NoiseSchedule.Linear();
        foreach (var row in expected.GetProperty("variance(t)").EnumerateArray())
        {
            var t = row[0].GetInt32();
            Assert.Equal(row[1].GetDouble(), Variance(linear, t, t - 1), 1e-5);
        }

        var options = new DdimOptions { Eta = 1, X0Treatment = X0Treatment.Clip() };
        var all = Timesteps.Uniform(1000, 1000);
        Check(expected, "1000 steps torch.manual_seed(0)", DdimPlan.Create(linear, all, options));
        Check(expected, "v_prediction", DdimPlan.Create(linear, all, options with { PredictionType = PredictionType.VPrediction }));
        Check(expected, "add_noise then t=[1,0]", DdimPlan.Create(linear, Timesteps.Custom(1000, 1, 0), options), Noised(linear, 1));

        int[] custom = [.. expected.GetProperty("custom_timesteps").EnumerateArray().Select(e => e.GetInt32())];
        Assert.Equal(custom, DdimPlan.Create(linear, Timesteps.Custom(1000, custom), options).Steps.Select(s => (int)s.Timestep!.Value));
    }

    private static void DpmMultistep(JsonElement expected)
    {
        const string Fixed = """{"final_sigmas_type": "sigma_min" """;
        var options = new DpmSolverOptions { LowersFinalOrder = false };
        Check(expected, "default", Plan("}"));
        Check(expected, "v_prediction", Plan(""", "prediction_type": "v_prediction"}"""));
        Check(expected, "thresholding ratio .87 max .5", Plan(""", "thresholding": true, "dynamic_thresholding_ratio": 0.87, "sample_max_value": 0.5}"""));
        Check(expected, "karras v", Plan(""", "prediction_type": "v_prediction", "use_karras_sigmas": true}"""));
        Check(expected, "lu v", Plan(""", "prediction_type": "v_prediction", "use_lu_lambdas": true}"""));

        // From the sixth of the ten levels on.
        var late = Config("}").Levels(10).Skip(5).ToArray();
        var linear = NoiseSchedule.Linear();
        Check(
            expected, "add_noise t_start=5",
            DpmSolverPlan.Create(NoiseLevels.Custom(1000, linear.AlphaBar(0), late), options), Noised(linear, (int)late[0].Timestep));

        static DiffusersSolverConfig Config(string rest) => new(JsonDocument.Parse(Fixed + rest).RootElement);
        SamplingPlan Plan(string rest)
        {
            var config = Config(rest);
            return DpmSolverPlan.Create(config.Levels(10), options with { PredictionType = config.PredictionType, X0Treatment = config.X0Treatment });
        }
    }

    private static double Variance(NoiseSchedule schedule, int t, int previous) =>
        Math.Pow(DdimPlan.Step(t, schedule.AlphaBar(t), schedule.AlphaBar(previous), new DdimOptions { Eta = 1 }).Sigma, 2);

    private static double[] Noised(NoiseSchedule schedule, int t) => [.. Enumerable.Range(0, 768).Select(i =>
        (Math.Sqrt(schedule.AlphaBar(t)) * i / 768) + (Math.Sqrt(1 - schedule.AlphaBar(t)) * (767 - i) / 768))];

    // Value k sits at [n, c, h, w] with k = ((c·8+h)·8+w)·4+n; the noise is drawn in the order of [N, C, H, W].
    private static void Check(JsonElement expected, string name, SamplingPlan plan, double[]? start = null)
    {
        var ramp = start ?? [.. Enumerable.Range(0, 768).Select(i => i / 768.0)];
        var torch = new TorchNormals(0);
        var noise = plan.Steps.SelectMany(s => s.Sigma == 0 ? new float[768] : torch.Next(768)).ToArray();
        var x = Sampler.Run(new ElementwiseModel(3, (v, t) => v * t / (t + 1)), plan, new SamplerRequest
        {
            Shape = Shape,
            Count = 4,
            Noise = NoiseSource.Recorded(noise, plan.Steps.Count, 4, Shape),
            InitialX = [.. Enumerable.Range(0, 768).Select(i => ramp[((i % 192) * 4) + (i / 192)])],
        }).Values;
        var numbers = expected.GetProperty(name);
        Assert.Equal((numbers.ValueKind == JsonValueKind.Number ? numbers : numbers[1]).GetDouble(), x.Average(Math.Abs), 1e-3);
        if (numbers.ValueKind == JsonValueKind.Array)
        {
            var sum = numbers[0].GetDouble();
            var found = $"{name}: {x.Sum(Math.Abs).ToString(CultureInfo.InvariantCulture)}, expected {sum.ToString(CultureInfo.InvariantCulture)}";

            // At t = 1 the constant was made with float32 tables; float64 gives 387.9673 (README of the goldens).
            Assert.True(Math.Abs(x.Sum(Math.Abs) - sum) < (name == "add_noise then t=[1,0]" ? 2.5e-2 : 1e-2), found);
        }
    }
}
