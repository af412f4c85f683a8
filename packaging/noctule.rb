# A Homebrew formula for a tap. Before it is published: OWNER, the address and the sum of the source package, then
# `brew update-python-resources noctule` for the resources, and `brew audit --new --formula noctule`.
class Noctule < Formula
  include Language::Python::Virtualenv

  desc "Find where a task leads in a git repository"
  homepage "https://github.com/OWNER/noctule"
  url "https://files.pythonhosted.org/packages/source/n/noctule/noctule-0.1.0.tar.gz"
  sha256 "SHA256"
  license "Apache-2.0"

  depends_on "numpy"
  depends_on "python@3.13"

  def install
    virtualenv_install_with_resources
    generate_completions_from_executable(bin/"noctule", "completion")
  end

  test do
    system "git", "init", "-q", testpath
    (testpath/"cart.py").write("def total_price():\n    return 1\n")
    assert_match "cart.py", shell_output("#{bin}/noctule context --task 'total_price is wrong'")
  end
end
