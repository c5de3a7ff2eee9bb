namespace DiffusionSharp.Models.Configs;

/// <summary>
/// A scheduler class of diffusers: where its defaults differ from DDIMScheduler's, and our solver of its name. All of them describe the same training; of
/// classes beside DDIMScheduler and DDPMScheduler the options of sampling are passed over.
/// </summary>
/// <param name="Name">The class.</param>
/// <param name="Solver">The name of the solver that samples as it does, by its <c>solver_order</c> and <c>algorithm_type</c>; null where there is no such solver.</param>
internal sealed record SchedulerClass(string Name, Func<int, string, string?> Solver)
{
    // What says how to sample, in any class: diffusers keeps the options of a scheduler that was exchanged for another.
    private static readonly string[] OfSampling =
    [
        "solver_order", "algorithm_type", "solver_type", "lower_order_final", "euler_at_final", "use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas", "use_lu_lambdas",
        "final_sigmas_type", "lambda_min_clipped", "flow_shift", "use_dynamic_shifting", "time_shift_type", "shift_terminal", "predict_x0", "disable_corrector", "solver_p",
        "interpolation_type", "sigma_min", "sigma_max", "noise_sampler_seed", "predictor_order", "corrector_order", "tau_func", "skip_prk_steps", "tensor_format", "eta",
    ];

    /// <summary>All that are known, DDIMScheduler first.</summary>
    public static IReadOnlyList<SchedulerClass> All { get; } =
    [
        new("DDIMScheduler", (_, _) => "ddim") { ClipSample = true, Spacing = "leading", SetAlphaToOne = true },
        new("DDPMScheduler", (_, _) => "ddim") { Eta = 1, ClipSample = true, Spacing = "leading" },
        new("DDIMParallelScheduler", (_, _) => "ddim") { ClipSample = true, Spacing = "leading", SetAlphaToOne = true },
        new("DDPMParallelScheduler", (_, _) => "ddim") { Eta = 1, ClipSample = true, Spacing = "leading" },
        new("RePaintScheduler", (_, _) => null) { ClipSample = true, Spacing = "leading" },
        new("PNDMScheduler", (_, _) => "plms") { Spacing = "leading", SetAlphaToOne = false },
        new("DPMSolverMultistepScheduler", Dpm),
        new("DPMSolverSinglestepScheduler", Dpm),
        new("DPMSolverSDEScheduler", (_, _) => "dpm++2m-sde") { BetaStart = 0.00085, BetaEnd = 0.012 },
        new("UniPCMultistepScheduler", (order, _) => order >= 3 ? "unipc3" : "unipc2"),
        new("DEISMultistepScheduler", (order, _) => order >= 3 ? "deis3" : "deis2"),
        new("EulerDiscreteScheduler", (_, _) => "euler"),
        new("EulerAncestralDiscreteScheduler", (_, _) => "euler") { Eta = 1 },
        new("HeunDiscreteScheduler", (_, _) => "heun") { BetaStart = 0.00085, BetaEnd = 0.012 },
        new("LMSDiscreteScheduler", (_, _) => null),
        new("KDPM2DiscreteScheduler", (_, _) => null) { BetaStart = 0.00085, BetaEnd = 0.012 },
        new("KDPM2AncestralDiscreteScheduler", (_, _) => null) { BetaStart = 0.00085, BetaEnd = 0.012 },
        new("SASolverScheduler", (_, _) => null),
    ];

    public double BetaStart { get; init; } = 1e-4;

    public double BetaEnd { get; init; } = 0.02;

    /// <summary>The default of <c>clip_sample</c>; false for classes without it.</summary>
    public bool ClipSample { get; init; }

    /// <summary>η of the solver.</summary>
    public int Eta { get; init; }

    public string Spacing { get; init; } = "linspace";

    /// <summary>The default of <c>set_alpha_to_one</c>; null for classes without it, whose last step goes to ᾱ = 1.</summary>
    public bool? SetAlphaToOne { get; init; }

    /// <summary>The class we write it as: one whose options we have all of.</summary>
    public string WrittenAs => Name.StartsWith("DDPM", StringComparison.Ordinal) ? "DDPMScheduler" : "DDIMScheduler";

    /// <summary>Passes over what says how to sample; what is said of it where the class is none of ours, in sentences.</summary>
    public IReadOnlyList<string> ReadSampling(ConfigReader r)
    {
        foreach (var option in OfSampling)
        {
            r.Ignore(option, _ => true, "");
        }

        if (Name == WrittenAs)
        {
            return [];
        }

        var solver = Solver(r.Int("solver_order", 2), r.Word("algorithm_type") ?? "");
        var spacing = r.Bool("use_karras_sigmas", false) ? ", spacing karras"
            : r.Bool("use_exponential_sigmas", false) ? ", spacing exponential"
            : r.Bool("use_lu_lambdas", false) ? ", spacing logsnr"
            : "";
        return
        [
            $"its scheduler is diffusers' {Name}, of which T, noise schedule, prediction and clipping are taken; "
                + (solver is null ? "there is no solver of that name here: the solver heun, dpm++2m or another takes its place"
                    : $"to sample as it does: solver {solver}{spacing}{(Eta > 0 ? $", eta {Eta}" : "")}"),
        ];
    }

    private static string Dpm(int order, string algorithm) => order == 1 ? "ddim" : order >= 3 ? "dpm++3m" : algorithm.StartsWith("sde-", StringComparison.Ordinal) ? "dpm++2m-sde" : "dpm++2m";
}
