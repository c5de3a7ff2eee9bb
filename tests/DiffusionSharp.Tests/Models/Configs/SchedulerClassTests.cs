using System.Text.Json.Nodes;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Schedules;
using TestKit;

namespace DiffusionSharp.Tests.Models.Configs;

/// <summary>Schedulers beside DDIM's and DDPM's: their training half is read, and our solver of their name is said.</summary>
public class SchedulerClassTests
{
    // As diffusers 0.40 writes it, shortened.
    private const string Dpm = """
        {
          "_class_name": "DPMSolverMultistepScheduler", "algorithm_type": "dpmsolver++", "beta_end": 0.012, "beta_schedule": "scaled_linear", "beta_start": 0.00085,
          "euler_at_final": false, "final_sigmas_type": "zero", "flow_shift": 1.0, "lambda_min_clipped": -Infinity, "lower_order_final": true, "num_train_timesteps": 900,
          "prediction_type": "v_prediction", "rescale_betas_zero_snr": false, "sample_max_value": 1.0, "solver_order": 2, "solver_type": "midpoint", "steps_offset": 0,
          "thresholding": false, "time_shift_type": "exponential", "timestep_spacing": "linspace", "trained_betas": null, "use_beta_sigmas": false, "use_dynamic_shifting": false,
          "use_exponential_sigmas": false, "use_flow_sigmas": false, "use_karras_sigmas": false, "use_lu_lambdas": false, "variance_type": null
        }
        """;

    [Fact]
    public void The_training_half_of_another_class_is_read()
    {
        var (config, notes) = SchedulerConfigJson.ParseNoted(Dpm, "x");
        Assert.Equal(NoiseSchedule.ScaledLinear(900, 0.00085, 0.012), config.ToSchedule());
        Assert.Equal((PredictionType.VPrediction, false, TimestepSpacing.Linspace, "DDIMScheduler"), (config.PredictionType, config.ClipSample, config.Spacing, config.ClassName));
        Assert.Contains("solver dpm++2m", Assert.Single(notes));

        // What is written is a class that we have all of.
        Assert.Equal(config, SchedulerConfigJson.Parse(SchedulerConfigJson.ToJson(config), "y"));
        Assert.Empty(SchedulerConfigJson.ParseNoted(SchedulerConfigJson.ToJson(config), "y").Notes);
    }

    [Theory]
    [InlineData("DPMSolverMultistepScheduler", """ "solver_order": 3 """, "solver dpm++3m")]
    [InlineData("DPMSolverMultistepScheduler", """ "solver_order": 1 """, "solver ddim")]
    [InlineData("DPMSolverMultistepScheduler", """ "algorithm_type": "sde-dpmsolver++", "use_karras_sigmas": true """, "solver dpm++2m-sde, spacing karras")]
    [InlineData("DPMSolverSinglestepScheduler", """ "use_lu_lambdas": true """, "solver dpm++2m, spacing logsnr")]
    [InlineData("DPMSolverSDEScheduler", "", "solver dpm++2m-sde")]
    [InlineData("UniPCMultistepScheduler", """ "predict_x0": true, "disable_corrector": [], "solver_p": null """, "solver unipc2")]
    [InlineData("UniPCMultistepScheduler", """ "solver_order": 3 """, "solver unipc3")]
    [InlineData("DEISMultistepScheduler", """ "algorithm_type": "deis" """, "solver deis2")]
    [InlineData("PNDMScheduler", """ "skip_prk_steps": true """, "solver plms")]
    [InlineData("EulerDiscreteScheduler", """ "interpolation_type": "linear", "timestep_type": "discrete", "use_exponential_sigmas": true """, "solver euler, spacing exponential")]
    [InlineData("EulerAncestralDiscreteScheduler", "", "solver euler, eta 1")]
    [InlineData("HeunDiscreteScheduler", """ "clip_sample": true """, "solver heun")]
    [InlineData("DDPMParallelScheduler", "", "solver ddim, eta 1")]
    [InlineData("LMSDiscreteScheduler", "", "no solver of that name")]
    [InlineData("KDPM2DiscreteScheduler", "", "no solver of that name")]
    [InlineData("KDPM2AncestralDiscreteScheduler", "", "no solver of that name")]
    [InlineData("SASolverScheduler", """ "tau_func": null, "predictor_order": 2 """, "no solver of that name")]
    public void Our_solver_of_that_name_is_said(string name, string options, string said)
    {
        var note = Assert.Single(SchedulerConfigJson.ParseNoted(Json(name, options), "x").Notes);
        Assert.Contains(name, note);
        Assert.Contains(said, note);
    }

    // The defaults of diffusers' constructors.
    [Theory]
    [InlineData("DPMSolverMultistepScheduler", 1e-4, 0.02, false, TimestepSpacing.Linspace, true)]
    [InlineData("HeunDiscreteScheduler", 0.00085, 0.012, false, TimestepSpacing.Linspace, true)]
    [InlineData("KDPM2DiscreteScheduler", 0.00085, 0.012, false, TimestepSpacing.Linspace, true)]
    [InlineData("PNDMScheduler", 1e-4, 0.02, false, TimestepSpacing.Leading, false)]
    [InlineData("DDIMParallelScheduler", 1e-4, 0.02, true, TimestepSpacing.Leading, true)]
    public void What_is_absent_has_the_classs_own_default(string name, double start, double end, bool clip, TimestepSpacing spacing, bool toOne)
    {
        var config = SchedulerConfigJson.Parse(Json(name, ""), "x");
        Assert.Equal(NoiseSchedule.Linear(1000, start, end), config.ToSchedule());
        Assert.Equal((clip, spacing, toOne), (config.ClipSample, config.Spacing, config.SetAlphaToOne));
    }

    // diffusers keeps the options of a scheduler that was exchanged for another.
    [Fact]
    public void Options_that_another_class_left_behind_change_nothing()
    {
        Assert.Equal(new SchedulerConfig(), SchedulerConfigJson.Parse(Json("DDIMScheduler", """ "lambda_min_clipped": -Infinity, "use_karras_sigmas": true, "variance_type": null """), "x"));
        var config = SchedulerConfigJson.Parse(Json("DPMSolverMultistepScheduler", """ "clip_sample": true, "set_alpha_to_one": false """), "x");
        Assert.Equal((true, true), (config.ClipSample, config.SetAlphaToOne));
    }

    [Theory]
    [InlineData("""{"a": -Infinity, "b": [NaN, Infinity]}""", """{"a": "-Infinity", "b": ["NaN", "Infinity"]}""")]
    [InlineData("""{"a": "-Infinity \" NaN", "b\\": NaN}""", """{"a": "-Infinity \" NaN", "b\\": "NaN"}""")]
    [InlineData("""{"a": "\\""", """{"a": "\\""")]
    [InlineData("""NaN""", "\"NaN\"")]
    [InlineData("{\"a\\", "{\"a\\")]
    public void Pythons_words_for_numbers_that_JSON_has_not(string python, string json) => Assert.Equal(json, PythonJson.Quoted(python));

    [Fact(SkipUnless = nameof(Shared.Exists), SkipType = typeof(Shared), Skip = Shared.Missing)]
    public void The_shared_DPM_scheduler_is_read()
    {
        var (config, notes) = SchedulerConfigJson.ReadNoted(Shared.Path("cases", "dpm_scheduler", "scheduler_config.json"));
        Assert.Equal((NoiseSchedule.Linear(), PredictionType.Epsilon), (config.ToSchedule(), config.PredictionType));
        Assert.Contains("solver dpm++2m", Assert.Single(notes));
    }

    private static string Json(string name, string options)
    {
        var json = $$"""{"_class_name": "{{name}}"{{(options.Length == 0 ? "" : ",")}}{{options}}}""";
        Assert.NotNull(JsonNode.Parse(PythonJson.Quoted(json)));
        return json;
    }
}
