using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Models;

/// <summary>What to sample, and how; the defaults are DDIM's (50 steps, η = 0).</summary>
public sealed record SampleOptions
{
    /// <summary>S, the number of steps; ignored when <see cref="Timesteps"/> is given.</summary>
    public int Steps { get; init; } = 50;

    /// <summary>η: 0 is deterministic, 1 is DDPM, <see cref="Eta.Hat"/> is DDPM with the larger variance, <see cref="Eta.Learned"/> with the network's own.</summary>
    public Eta Eta { get; init; }

    /// <summary>How the plan gets from one level to the next.</summary>
    public Solver Solver { get; init; }

    /// <summary>
    /// How τ is spread over 0…T-1; null as the model's scheduler says (<see cref="Configs.SchedulerConfig.Spacing"/>);
    /// <see cref="TimestepSpacing.Tuned"/> takes the model's own list for <see cref="Steps"/>.
    /// </summary>
    public TimestepSpacing? Spacing { get; init; }

    /// <summary>τ itself, from high to low; null makes it from <see cref="Steps"/> and <see cref="Spacing"/>.</summary>
    public IReadOnlyList<int>? Timesteps { get; init; }

    /// <summary>What is done to predicted x0; null does what the model's scheduler says.</summary>
    public X0Treatment? X0Treatment { get; init; }

    /// <summary>Number of images; ignored when <see cref="Seeds"/> is given.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Seed of the first image; image i has seed Seed + i.</summary>
    public ulong Seed { get; init; }

    /// <summary>The seed of each image; null makes them from <see cref="Seed"/> and <see cref="Count"/>.</summary>
    public IReadOnlyList<ulong>? Seeds { get; init; }

    /// <summary>
    /// Rows and columns of the images; null draws them as large as those the model was trained on. Any size that the network's levels divide can be drawn
    /// (<see cref="DiffusionModel.At"/>).
    /// </summary>
    public (int Height, int Width)? Size { get; init; }

    /// <summary>Which of these images are drawn, by their places 0…N-1, in this order; null draws all of them.</summary>
    public IReadOnlyList<int>? Only { get; init; }

    /// <summary>The noise; null draws it from the seeds.</summary>
    public NoiseSource? Noise { get; init; }

    /// <summary>x_T, [N, C, H, W], or [1, C, H, W] for all images; null draws it from the noise.</summary>
    public double[]? InitialX { get; init; }

    /// <summary>Images to start from or to paint into; null samples from pure noise.</summary>
    public EditOptions? Edit { get; init; }

    /// <summary>Class of each image, for a class-conditional model.</summary>
    public int[]? Labels { get; init; }

    /// <summary>
    /// W of classifier-free guidance, for a model with a null class: 1 follows <see cref="Labels"/>, more exaggerates them, 0 ignores
    /// them. Other values than 0 and 1 call the network twice where the plan says once.
    /// </summary>
    public double Guidance { get; init; } = 1;

    /// <summary>
    /// The least and the most noise that is guided, as σ = √((1-ᾱ)/ᾱ) (Kynkäänniemi et al. 2024); at all other levels <see cref="Guidance"/>
    /// counts as 1, and the network is called once. Null guides all levels.
    /// </summary>
    public (double Low, double High)? GuidanceInterval { get; init; }

    /// <summary>
    /// A weaker model of the same images, schedule and classes, from which W leads away instead of from the prediction without a label
    /// (autoguidance, Karras et al. 2024): a smaller one, an earlier checkpoint, another average. Null takes the null class.
    /// </summary>
    public DiffusionModel? GuideWith { get; init; }

    /// <summary>
    /// Leads the images to <see cref="Labels"/>, which are its classes (Dhariwal and Nichol 2021): by their algorithm 2, for any solver, or where
    /// η is <see cref="Eta.Hat"/> or <see cref="Eta.Learned"/>, the variances of DDPM's own chain, by their algorithm 1. The diffusion model need not
    /// know classes. Null leads nowhere.
    /// </summary>
    public Classifier? Classifier { get; init; }

    /// <summary>The factor of the classifier's gradient.</summary>
    public double ClassifierScale { get; init; } = 1;

    /// <summary>Images in one network call.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>Told after each network call.</summary>
    public Action<SamplerProgress>? Progress { get; init; }

    /// <summary>Stops sampling.</summary>
    public CancellationToken CancellationToken { get; init; }
}
