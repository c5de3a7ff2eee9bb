using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Editing;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;
using DiffusionSharp.Sampling.Solvers;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Models;

/// <summary>What to sample, and how; the defaults are DDIM's (50 steps, η = 0).</summary>
public sealed record SampleOptions
{
    /// <summary>S where nobody says: 50, or T where that is less.</summary>
    public const int DefaultSteps = 50;

    /// <summary>S, the number of steps; null is <see cref="DefaultSteps"/>, or as many as there are <see cref="Timesteps"/>.</summary>
    public int? Steps { get; init; }

    /// <summary>η: 0 is deterministic, 1 is DDPM, <see cref="Eta.Hat"/> is DDPM with the larger variance, <see cref="Eta.Learned"/> with the network's own.</summary>
    public Eta Eta { get; init; }

    /// <summary>How the plan gets from one level to the next.</summary>
    public Solver Solver { get; init; }

    /// <summary>
    /// How τ is spread over 0…T-1; null as the model's scheduler says (<see cref="Configs.SchedulerConfig.Spacing"/>);
    /// <see cref="TimestepSpacing.Tuned"/> takes the model's own list for <see cref="Steps"/>.
    /// </summary>
    public TimestepSpacing? Spacing { get; init; }

    /// <summary>τ itself, from high to low, in place of <see cref="Steps"/> and <see cref="Spacing"/>; null makes it from them.</summary>
    public IReadOnlyList<int>? Timesteps { get; init; }

    /// <summary>What is done to predicted x0; null does what the model's scheduler says.</summary>
    public X0Treatment? X0Treatment { get; init; }

    /// <summary>Number of images; null is 1, or as many as there are <see cref="Seeds"/>.</summary>
    public int? Count { get; init; }

    /// <summary>Seed of the first image, image i has seed Seed + i; null is 0.</summary>
    public ulong? Seed { get; init; }

    /// <summary>The seed of each image, in place of <see cref="Seed"/> and <see cref="Count"/>; null makes them from those.</summary>
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

    /// <summary>Class of each image, for a class-conditional model or a <see cref="Classifier"/>; without either they are refused.</summary>
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

    /// <summary>Shown x and x0 after each step that called the network, on the thread that samples; null shows nobody.</summary>
    public Action<SampledStep>? Watch { get; init; }

    /// <summary>Checks what can be seen without a model. Whoever carries the options out does so first.</summary>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Usage"/>: options contradict each other, or one would be ignored; the message lists every problem.</exception>
    public void Validate()
    {
        string?[] problems =
        [
            Timesteps is not null && Steps is not null ? "Timesteps names every step: leave out Steps" : null,
            Timesteps is not null && Spacing is not null ? "Timesteps names every step: leave out Spacing" : null,
            Seeds is not null && Seed is not null ? "Seeds names the seed of every image: leave out Seed" : null,
            Seeds is not null && Count is not null ? "there are as many images as Seeds: leave out Count" : null,
            Guidance == 1 && GuidanceInterval is not null ? "GuidanceInterval is given, and Guidance 1 guides no level: raise Guidance, or leave out the interval" : null,
            Guidance == 1 && GuideWith is not null ? "GuideWith is given, and Guidance 1 does not ask it: raise Guidance, or leave out the weaker model" : null,
            Classifier is null && ClassifierScale != 1 ? "ClassifierScale is given, but no Classifier" : null,
            Edit is { Mask: null } edit && edit.Jumps != new JumpSchedule() ? "Jumps are given, but no Mask: they are an inpainting's" : null,
        ];
        if (problems.Any(p => p is not null))
        {
            throw new DiffusionException(ErrorKind.Usage, $"sampling: {string.Join("; ", problems.OfType<string>())}");
        }
    }

    /// <summary>The seed of each image.</summary>
    internal IReadOnlyList<ulong> AllSeeds() => Seeds ?? [.. Enumerable.Range(0, Count ?? 1).Select(i => (Seed ?? 0) + (ulong)i)];

    /// <summary>The same of other images.</summary>
    internal SampleOptions WithSeeds(IReadOnlyList<ulong> seeds) => this with { Seeds = seeds, Seed = null, Count = null };

    /// <summary>The same with another τ.</summary>
    internal SampleOptions WithTimesteps(IReadOnlyList<int> tau) => this with { Timesteps = tau, Steps = null, Spacing = null };

    /// <summary>The same with the model's own τ, where that is asked for.</summary>
    internal SampleOptions WithTuned(ModelSource source) => this is { Spacing: TimestepSpacing.Tuned, Timesteps: null }
        ? WithTimesteps(source.TunedTimesteps(Steps ?? DefaultSteps))
        : this;
}
