using System.Text.Json.Nodes;
using DiffusionSharp.Data;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Schedules;
using TestKit;

namespace DiffusionSharp.Tests.Models.Configs;

public class SchedulerConfigTests
{
    /// <summary>scheduler_config.json as the hub's google/ddpm-* models have it.</summary>
    internal const string Ddpm = """
        {
          "_class_name": "DDPMScheduler", "_diffusers_version": "0.1.1", "beta_end": 0.02, "beta_schedule": "linear", "beta_start": 0.0001,
          "clip_sample": true, "num_train_timesteps": 1000, "prediction_type": "epsilon", "trained_betas": null, "variance_type": "fixed_large"
        }
        """;

    [Fact]
    public void The_hub_s_scheduler_is_read()
    {
        var config = SchedulerConfigJson.Parse(Ddpm, "test");
        Assert.Equal(new SchedulerConfig { ClassName = "DDPMScheduler", VarianceType = "fixed_large" }, config);
        Assert.Equal(NoiseSchedule.Linear(), config.ToSchedule());
    }

    [Fact]
    public void Records_round_trip()
    {
        SchedulerConfig[] configs =
        [
            new(),
            new() { PredictionType = PredictionType.VPrediction, RescaleBetasZeroSnr = true, TimestepSpacing = "trailing", ClipSample = false },
            new() { ClassName = "DDPMScheduler", VarianceType = "learned_range", BetaSchedule = "sigmoid", PredictionType = PredictionType.Sample },
            new() { BetaSchedule = "squaredcos_cap_v2", NumTrainTimesteps = 4000, StepsOffset = 1, SetAlphaToOne = false },
            new() { Thresholding = true, DynamicThresholdingRatio = 0.9, SampleMaxValue = 1.5, ClipSampleRange = 2, BetaSchedule = "scaled_linear", BetaStart = 0.00085, BetaEnd = 0.012 },
            new() { NumTrainTimesteps = 3, TrainedBetas = [0.1, 1.0 / 3, 0.7000000000000001] },
            SchedulerConfig.FromEdm(new EdmPreconditioning { SigmaData = 0.7, SigmaMin = 0.01, SigmaMax = 50 }, 40) with { SetAlphaToOne = false },
            SchedulerConfig.FromEdm(new EdmPreconditioning()).With(new PixelTransform { Dequantization = Dequantization.Uniform, Logit = true }),
        ];
        foreach (var config in configs)
        {
            Assert.Equal(config, SchedulerConfigJson.Parse(SchedulerConfigJson.ToJson(config), "test"));
        }
    }

    /// <summary>EDMEulerScheduler().save_config of diffusers 0.30.</summary>
    private const string Edm = """
        {
          "_class_name": "EDMEulerScheduler", "_diffusers_version": "0.30.0", "final_sigmas_type": "zero", "num_train_timesteps": 1000, "prediction_type": "epsilon", "rho": 7.0,
          "sigma_data": 0.5, "sigma_max": 80.0, "sigma_min": 0.002, "sigma_schedule": "karras"
        }
        """;

    [Fact]
    public void The_scheduler_of_EDM_is_read_as_its_preconditioning_and_a_network_under_it_predicts_v()
    {
        var config = SchedulerConfigJson.Parse(Edm, "test");
        Assert.Equal(SchedulerConfig.FromEdm(new EdmPreconditioning()), config);
        Assert.Equal((PredictionType.VPrediction, TimestepSpacing.Karras, false), (config.PredictionType, config.Spacing, config.ClipSample));
        Assert.Equal(80, NoiseLevel.SigmaOf(config.ToSchedule().AlphaBar(999)), 1e-6);
    }

    [Theory]
    [InlineData("\"epsilon\"", "\"v_prediction\"", "prediction_type")]
    [InlineData("7.0", "5.0", "rho is 5")]
    [InlineData("\"karras\"", "\"exponential\"", "sigma_schedule")]
    [InlineData("0.002", "90", "sigma_min")]
    [InlineData("\"rho\"", "\"beta_start\": 0.1, \"rho\"", "beta_start")]
    public void What_EDM_s_scheduler_would_mean_otherwise_is_refused(string from, string to, string message)
    {
        var e = Assert.Throws<DiffusionException>(() => SchedulerConfigJson.Parse(Edm.Replace(from, to, StringComparison.Ordinal), "test"));
        Assert.Contains(message, e.Message);
    }

    [Fact]
    public void Every_schedule_survives_being_written_and_read_and_has_its_name_where_diffusers_has_one()
    {
        (NoiseSchedule Schedule, string? Name)[] cases =
        [
            (NoiseSchedule.Linear(), "linear"),
            (NoiseSchedule.Linear(400, 0.001, 0.05), "linear"),
            (NoiseSchedule.LinearScaledT(250), "linear"),
            (NoiseSchedule.Constant(100), "linear"),
            (NoiseSchedule.ScaledLinear(), "scaled_linear"),
            (NoiseSchedule.ScaledLinear(1000, 0.00085, 0.012), "scaled_linear"),
            (NoiseSchedule.Cosine(), "squaredcos_cap_v2"),
            (NoiseSchedule.Cosine(50), "squaredcos_cap_v2"),
            (NoiseSchedule.Linear().WithZeroTerminalSnr(), "linear"),
            (NoiseSchedule.ScaledLinear(1000, 0.00085, 0.012).WithZeroTerminalSnr(), "scaled_linear"),
            (NoiseSchedule.Cosine().WithZeroTerminalSnr(), "squaredcos_cap_v2"),
            (NoiseSchedule.Linear(1000, 0.0001, 0.019).WithZeroTerminalSnr(), null),
            (NoiseSchedule.Sigmoid(), null),
            (NoiseSchedule.SigmoidLucidrains(), null),
            (NoiseSchedule.Jsd(), null),
            (NoiseSchedule.FromBetas([0.5]), "linear"),
        ];
        foreach (var (schedule, name) in cases)
        {
            var config = SchedulerConfigJson.Parse(SchedulerConfigJson.ToJson(SchedulerConfig.FromSchedule(schedule, PredictionType.VPrediction)), "test");
            Assert.Equal(schedule, config.ToSchedule());
            Assert.Equal(PredictionType.VPrediction, config.PredictionType);
            Assert.Equal(name, config.TrainedBetas is null ? config.BetaSchedule : null);
        }
    }

    [Theory]
    [InlineData("_class_name", "\"FlowMatchEulerDiscreteScheduler\"", "DDIMScheduler")]
    [InlineData("beta_schedule", "\"laplace\"", "squaredcos_cap_v2")]
    [InlineData("prediction_type", "\"flow\"", "v_prediction")]
    [InlineData("variance_type", "\"huge\"", "fixed_large")]
    [InlineData("timestep_spacing", "\"karras\"", "trailing")]
    [InlineData("trained_betas", "[0.1, 0.2]", "num_train_timesteps is 1000")]
    [InlineData("trained_betas", "[\"a\"]", "list of finite numbers")]
    [InlineData("num_train_timesteps", "0", "1 to 1000000")]
    [InlineData("num_train_timesteps", "2000000000", "1 to 1000000")]
    [InlineData("beta_end", "2", "beta")]
    [InlineData("snr_shift_scale", "3.0", "not known")]
    [InlineData("use_flow_sigmas", "true", "false")]
    [InlineData("timestep_type", "\"continuous\"", "discrete")]
    [InlineData("beta_end", "Infinity", "finite number")]
    [InlineData("timestep_values", "[1]", "null")]
    public void An_unsupported_option_is_named(string option, string value, string supported)
    {
        var json = JsonNode.Parse(Ddpm)!.AsObject();
        json.Remove(option);
        var e = Assert.Throws<DiffusionException>(() => SchedulerConfigJson.Parse(json.ToJsonString()[..^1] + $",\"{option}\":{value}}}", "x.json"));
        Assert.Equal(ErrorKind.ModelFile, e.Kind);
        foreach (var part in new[] { "x.json", option == "beta_end" && value == "2" ? "beta" : option, supported })
        {
            Assert.Contains(part, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Sigmoid_belongs_to_DDPMScheduler_alone()
    {
        var e = Assert.Throws<DiffusionException>(() => SchedulerConfigJson.Parse("""{"_class_name":"DDIMScheduler","beta_schedule":"sigmoid"}""", "x"));
        Assert.Contains("sigmoid", e.Message, StringComparison.Ordinal);
        Assert.Throws<DiffusionException>(() => SchedulerConfigJson.Parse("""{"beta_schedule":"linear"}""", "x"));
    }

    [Fact]
    public void The_old_spelling_of_x0_prediction_is_understood() =>
        Assert.Equal(PredictionType.Sample, SchedulerConfigJson.Parse("""{"_class_name":"DDPMScheduler","predict_epsilon":false}""", "x").PredictionType);

    [Fact(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    public void The_alphas_are_diffusers_own()
    {
        var golden = new GoldenCase("04_beta_schedules");
        var cases = golden.Json.GetProperty("schedules").EnumerateObject().Where(s => s.Name.StartsWith("diffusers_", StringComparison.Ordinal)).ToList();
        Assert.Equal(8, cases.Count);
        foreach (var (name, options) in cases.Select(c => (c.Name, JsonNode.Parse(c.Value.GetRawText())!.AsObject())))
        {
            options.Remove("note");
            options.Add("_class_name", "DDPMScheduler");
            var schedule = SchedulerConfigJson.Parse(options.ToJsonString(), name).ToSchedule();
            var expected = golden.Doubles(name + "/alphas_cumprod");
            Assert.Equal(expected.Length, schedule.T);

            // The case's own tolerance: diffusers' tables are float32, and rescaling subtracts nearly equal numbers at the end.
            Assert.All(expected, (e, t) => Assert.Equal(e, schedule.AlphaBar(t), (1e-5 * e) + 1e-7));
        }
    }
}
